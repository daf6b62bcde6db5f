import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;

/** Runs scenarios one by one and reports each on a line of its own, like the Python suites. */
final class Harness {
    interface Scenario {
        void run() throws Exception;
    }

    private final String name;
    private final String runId = String.format("%08x", new Random().nextInt());
    private final String only = System.getenv().getOrDefault("ONLY", "");
    private int passed;
    private int failed;

    Harness(String name) {
        this.name = name;
    }

    String topic(String what) {
        return name + "-" + what + "-" + runId;
    }

    void run(String title, Scenario scenario) {
        if (!title.contains(only)) {
            return;
        }
        long started = System.nanoTime();
        try {
            scenario.run();
            passed++;
            System.out.printf("ok   %s (%.2fs)%n", title, seconds(started));
        } catch (Throwable error) {
            failed++;
            System.out.printf("FAIL %s (%.2fs)%n", title, seconds(started));
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                System.out.println("     " + cause);
            }
            for (StackTraceElement frame : error.getStackTrace()) {
                if (!frame.getClassName().contains(".")) {
                    System.out.println("     at " + frame);
                }
            }
        }
    }

    int finish() {
        System.out.printf("%d passed, %d failed%n", passed, failed);
        System.out.flush();
        return failed == 0 ? 0 : 1;
    }

    private static double seconds(long started) {
        return (System.nanoTime() - started) / 1e9;
    }

    static void equal(Object actual, Object expected, String what) {
        boolean same = actual instanceof byte[] left && expected instanceof byte[] right
            ? Arrays.equals(left, right)
            : java.util.Objects.equals(actual, expected);
        if (!same) {
            throw new AssertionError(what + ": got " + text(actual) + ", expected " + text(expected));
        }
    }

    /** The cause with which `work` must fail. */
    static void fails(Class<? extends Throwable> expected, String what, Callable<?> work) {
        try {
            work.call();
        } catch (Throwable error) {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (expected.isInstance(cause)) {
                    return;
                }
            }
            throw new AssertionError(what + ": expected " + expected.getSimpleName(), error);
        }
        throw new AssertionError(what + ": no error, expected " + expected.getSimpleName());
    }

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 15_000_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 15 s: " + what);
            }
            Thread.sleep(50);
        }
    }

    private static String text(Object value) {
        String text = value instanceof byte[] bytes ? new String(bytes) : String.valueOf(value);
        return text.length() <= 300 ? text : text.substring(0, 300) + "... (" + text.length() + ")";
    }
}
