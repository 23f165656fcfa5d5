#include <string>

namespace harbour::inner {

/// Anything that floats.
template <typename T, int N = 2>
class Ship : public Thing {
public:
    explicit Ship(T name);
    ~Ship() override = default;
    virtual int length() const = 0;
    bool operator==(const Ship &other) const { return true; }

    struct Rope {
        int metres;
    };

private:
    T name_;
    std::vector<T> *crew() const;
};

enum class Water : int { Low, High };

using Name = std::string;

template <typename T>
concept Floats = requires(T t) { t.length(); };

constexpr int kLongest = 400;

template <typename T, int N>
Ship<T, N>::Ship(T name)
    : name_(name) {
    Rope local(name);
}

int größe(int x) { return x; }

}  // namespace harbour::inner
