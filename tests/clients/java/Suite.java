/**
 * The Java client (kafka-clients) against a running node.
 *
 * <pre>
 * javac -cp '.clients/java/clients/*' -d .clients/java/classes tests/clients/java/*.java
 * java -cp '.clients/java/classes:.clients/java/clients/*' Suite 127.0.0.1:9092
 * </pre>
 */
public final class Suite {
    private Suite() {}

    public static void main(String[] arguments) {
        String servers = arguments.length > 0
            ? arguments[0]
            : System.getenv().getOrDefault("BOOTSTRAP_SERVERS", "127.0.0.1:9092");
        Harness harness = new Harness("java");
        Clients clients = new Clients(servers);
        new DataScenarios(harness, clients).runAll();
        new AdminScenarios(harness, clients).runAll();
        // Threads of the clients must not keep the process alive once the result is known.
        Runtime.getRuntime().halt(harness.finish());
    }
}
