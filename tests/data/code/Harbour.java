package net.harbour;

import java.util.List;

/**
 * Berths of a harbour.
 */
@SuppressWarnings("unused")
public final class Harbour<T extends Comparable<T>> implements Iterable<T> {
    private static final int LONGEST = 400, SHORTEST = 5;

    enum Water { LOW, HIGH }

    record Rope(int length, String colour) {
        Rope {
            assert length > 0;
        }
    }

    interface Watcher {
        void seen(String ship);
    }

    @interface Checked {
        int level() default 1;
    }

    public Harbour(List<T> ships) {
        super();
    }

    // Moors by name.
    @Deprecated
    public <S> S moor(String name) throws java.io.IOException {
        return null;
    }

    public <S> S moor(String name, int lines) {
        return null;
    }

    abstract static class Größe {
        abstract int metres();
    }
}
