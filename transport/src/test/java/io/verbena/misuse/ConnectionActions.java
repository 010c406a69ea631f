package io.verbena.misuse;

import io.verbena.rdmacm.AddressOptions;
import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionEvent;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.rdmacm.PortSpace;
import io.verbena.rdmacm.PrivateData;
import io.verbena.rdmacm.Route;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** The connection manager; only in the testbed, which says which address has RDMA behind it. */
final class ConnectionActions {
  private static final String ADDRESS = System.getenv("TESTBED_ADDRESS");
  private static final int FIRST_PORT = 18700;
  private static final Duration SHORT = Duration.ofMillis(50);

  static final List<Action> ALL =
      List.of(
          new Action("open a connection manager", 2, ConnectionActions::open),
          new Action("listen", 3, ConnectionActions::listen),
          new Action("resolve", 5, ConnectionActions::resolve),
          Action.perhaps("make a queue pair for a route", 4, ConnectionActions::createPair),
          Action.perhaps("connect by a route", 5, ConnectionActions::connect),
          new Action("await a manager's event", 6, ConnectionActions::await),
          Action.perhaps("answer a request", 5, ConnectionActions::answer),
          new Action("ask a connection", 3, ConnectionActions::ask),
          new Action("connect as it should be", 3, ConnectionActions::connectProperly));

  private ConnectionActions() {}

  private static void open(World world, Random random) throws Exception {
    world.limit(ConnectionManager.class, 2);
    if (ADDRESS == null) {
      throw new World.Impossible();
    }
    world.add(ConnectionManager.open());
  }

  /** The library opens each device that it meets, once, and keeps it until the process ends. */
  static void warmUp() throws Exception {
    if (ADDRESS != null) {
      try (ConnectionManager manager = ConnectionManager.open()) {
        manager.resolve(address(new Random(0)), Duration.ofSeconds(5)).close();
      }
    }
  }

  private static AddressOptions options(Random random) {
    return random.nextInt(6) > 0
        ? AddressOptions.defaults()
        : AddressOptions.defaults().withPortSpace(PortSpace.UDP);
  }

  private static InetSocketAddress address(Random random) {
    return new InetSocketAddress(ADDRESS, FIRST_PORT + random.nextInt(2));
  }

  private static void listen(World world, Random random) throws Exception {
    world.limit(ConnectionListener.class, 4);
    ConnectionManager manager = world.any(ConnectionManager.class, random);
    world.add(manager.listen(address(random), options(random), random.nextInt(4)));
  }

  private static void resolve(World world, Random random) throws Exception {
    world.limit(Route.class, 12);
    ConnectionManager manager = world.any(ConnectionManager.class, random);
    world.add(
        random.nextBoolean()
            ? manager.resolve(address(random), options(random), SHORT)
            : manager.startResolving(address(random), options(random), SHORT));
  }

  private static void createPair(World world, Random random) throws Exception {
    Route route = world.any(Route.class, random);
    route.prepare(pair(route.context(), world, random));
  }

  /** A new queue pair, most often of the type that is wanted most often. */
  private static QueuePair pair(Context context, World world, Random random) throws Exception {
    world.limit(QueuePair.class, 20);
    ProtectionDomain domain = world.add(context.createDomain());
    CompletionQueue queue = world.add(context.createCompletionQueue(256));
    return world.add(
        domain.createQueuePair(
            random.nextInt(4) > 0
                ? QueuePairConfig.reliable(queue)
                : QueuePairConfig.datagram(queue)));
  }

  private static void connect(World world, Random random) throws Exception {
    world.limit(Connection.class, 12);
    Route route = world.any(Route.class, random);
    QueuePair pair =
        random.nextInt(4) == 0
            ? world.any(QueuePair.class, random)
            : pair(route.context(), world, random);
    world.add(
        random.nextInt(4) == 0
            ? route.connect(pair, parameters(random), SHORT)
            : route.startConnecting(pair, parameters(random), Duration.ofSeconds(1)));
  }

  private static ConnectionParameters parameters(Random random) {
    return ConnectionParameters.defaults()
        .withRetryCount(random.nextInt(7))
        .withPrivateData(PrivateData.sized(new byte[random.nextInt(random.nextInt(20) * 15 + 1)]));
  }

  private static void await(World world, Random random) throws Exception {
    ConnectionManager manager = world.any(ConnectionManager.class, random);
    var event = manager.await(Duration.ofMillis(random.nextInt(10)));
    if (event.orElse(null) instanceof ConnectionEvent.Requested(ConnectionRequest request)) {
      world.add(request);
    }
    if (random.nextInt(4) == 0) {
      manager.wakeup();
    }
  }

  private static void answer(World world, Random random) throws Exception {
    ConnectionRequest request =
        random.nextBoolean()
            ? world.any(ConnectionRequest.class, random)
            : world.add(
                world
                    .any(ConnectionListener.class, random)
                    .await(Duration.ofMillis(5))
                    .orElseThrow(World.Impossible::new));
    if (random.nextInt(5) == 0) {
      request.reject(PrivateData.raw(new byte[random.nextInt(200)]));
      return;
    }
    QueuePair pair =
        random.nextInt(4) == 0
            ? world.any(QueuePair.class, random)
            : pair(request.context(), world, random);
    world.add(
        random.nextInt(4) == 0
            ? request.accept(pair, parameters(random), SHORT)
            : request.startAccepting(pair, parameters(random), Duration.ofSeconds(1)));
  }

  /** Both sides, with everything that they need. */
  private static void connectProperly(World world, Random random) throws Exception {
    world.limit(Connection.class, 12);
    ConnectionManager manager = world.any(ConnectionManager.class, random);
    ConnectionListener listener = world.add(manager.listen(new InetSocketAddress(ADDRESS, 0)));
    Route route = world.add(manager.resolve(listener.localAddress(), Duration.ofSeconds(1)));
    QueuePair pair = pair(route.context(), world, random);
    Connection connection =
        world.add(route.startConnecting(pair, parameters(random), Duration.ofSeconds(1)));
    ConnectionRequest request =
        world.add(listener.await(Duration.ofSeconds(1)).orElseThrow(World.Impossible::new));
    QueuePair other = pair(request.context(), world, random);
    world.add(request.accept(other, parameters(random), Duration.ofSeconds(1)));
    connection.state();
  }

  private static void ask(World world, Random random) throws Exception {
    Connection connection = world.any(Connection.class, random);
    switch (random.nextInt(4)) {
      case 0 -> connection.state();
      case 1 -> connection.disconnect();
      case 2 -> connection.awaitDisconnect(Duration.ofMillis(random.nextInt(5)));
      default -> {
        connection.privateData();
        connection.localAddress();
        connection.peer();
      }
    }
  }
}
