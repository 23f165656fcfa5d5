/* Berths of a harbour. */
#include <stdio.h>

#define LONGEST 400
#define FITS(ship, berth) \
    ((ship)->length <= (berth)->length)

typedef struct berth {
    int length, depth;
    char *(*name)(int);
} berth_t;

typedef unsigned long tide_t;

enum water { LOW, HIGH = 4 };

union rope {
    int metres;
    char colour[8];
};

static const int TABLE[] = {
    1,
    2,
};

int moor(const berth_t *berth, int lines);
char *name_of(int number);

/* Gives a name. */
char *name_of(int number)
{
    int local(void);
    return 0;
}

#ifdef FOG
static inline int
fog_level(void) {
    return 3;
}
#endif

int main(int argc, char **argv) {
    return moor(0, argc);
}
