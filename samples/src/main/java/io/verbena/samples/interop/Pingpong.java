package io.verbena.samples.interop;

import io.verbena.samples.Devices;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the ping-pong programs have in common: a message goes to and fro between two processes. They
 * tell each other their queue pairs by an {@link Exchange}; the client serves.
 */
@Command
abstract class Pingpong implements Callable<Integer> {
  /** Tell a send from a receive, in completions and in what a queue pair still waits for. */
  static final int RECEIVE = 1;

  static final int SEND = 2;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin final PingpongOptions options = new PingpongOptions();

  /** The device and what all queue pairs share. */
  record Table(
      PortAttributes port, ProtectionDomain domain, CompletionQueue queue, Message message) {}

  /** Bytes that come before the message in a receive. */
  int headerBytes() {
    return 0;
  }

  /** Bytes of a message unless the user says. */
  int defaultSize() {
    return 4096;
  }

  /** The byte that messages are full of. */
  byte filling() {
    return 0x7b;
  }

  /** How many queue pairs there are. */
  int pairCount() {
    return 1;
  }

  /** How many places for queue pairs the exchange has. */
  int places() {
    return 1;
  }

  /** Complains about options that do not go together. */
  void checkOptions(PortAttributes port) {}

  abstract Pairs createPairs(Table table) throws VerbsException;

  @Override
  public Integer call() throws IOException {
    if (options.size == 0) {
      options.size = defaultSize();
    }
    require(options.size > 0, "--size is at least 1");
    require(options.iterations >= 0, "--iters is at least 0");
    require(options.receiveDepth > 0, "--rx-depth is at least 1");
    try (Context context = Devices.find(spec.commandLine(), options.device).open()) {
      require(
          options.devicePort >= 1 && options.devicePort <= context.portCount(),
          "--ib-port is 1 to " + context.portCount());
      PortAttributes port = context.port(options.devicePort);
      checkOptions(port);
      try (ProtectionDomain domain = context.createDomain();
          CompletionQueue queue =
              context.createCompletionQueue(options.receiveDepth + pairCount());
          MemoryRegion region = domain.allocate(headerBytes() + options.size, Access.LOCAL_WRITE)) {
        Message message = new Message(region, headerBytes(), filling());
        play(new Table(port, domain, queue, message));
      }
    }
    return 0;
  }

  private void play(Table table) throws IOException {
    Pairs pairs = createPairs(table);
    LinkLayer linkLayer = table.port().linkLayer();
    int gidIndex = gidIndex(table.domain().context());
    List<Destination> local = new ArrayList<>();
    for (QueuePair pair : pairs.all()) {
      local.add(Destination.of(pair.address(options.devicePort, gidIndex)));
    }
    local.forEach(destination -> System.out.println("  local address:  " + destination));
    List<Destination> offer = new ArrayList<>(local);
    while (offer.size() < places()) {
      offer.add(Destination.NONE);
    }
    String host = options.host;
    List<Destination> remote;
    if (host == null) {
      remote =
          Exchange.asServer(
              options.port, offer, theirs -> connect(pairs, local, theirs, linkLayer));
    } else {
      remote = Exchange.asClient(host, options.port, offer);
      connect(pairs, local, remote, linkLayer);
    }
    remote
        .subList(0, local.size())
        .forEach(destination -> System.out.println("  remote address: " + destination));
    boolean serves = host != null;
    if (serves) {
      table.message().write(options.check);
    }
    long began = System.nanoTime();
    rally(pairs, table.queue(), serves);
    report(System.nanoTime() - began);
    if (options.check) {
      table.message().check();
    }
  }

  private void connect(
      Pairs pairs, List<Destination> mine, List<Destination> theirs, LinkLayer linkLayer)
      throws IOException {
    for (int i = 0; i < mine.size(); i++) {
      Destination their = theirs.get(i);
      if (their.gid().isZero()) {
        if (linkLayer == LinkLayer.ETHERNET) {
          throw new IOException("the peer did not say its GID: give it the option -g INDEX");
        }
        // Within a subnet, the LID says enough.
        their =
            new Destination(their.lid(), their.number(), their.packetSequence(), mine.get(i).gid());
      }
      pairs.connect(i, their);
    }
    pairs.receive(options.receiveDepth);
  }

  /** A message for each queue pair goes to and fro; the side that serves begins. */
  private void rally(Pairs pairs, CompletionQueue queue, boolean serves) throws IOException {
    List<QueuePair> all = pairs.all();
    int[] pending = new int[all.size()];
    Arrays.fill(pending, serves ? SEND | RECEIVE : RECEIVE);
    for (int i = 0; serves && i < all.size(); i++) {
      pairs.send(i);
    }
    int posted = options.receiveDepth;
    int sent = 0;
    int received = 0;
    while (received < options.iterations || sent < options.iterations) {
      Completions done = Waiting.next(queue, options.events);
      while (done.next()) {
        if (!done.succeeded()) {
          throw done.failure();
        }
        int index = all.indexOf(done.queuePair());
        if (done.kind() == WorkKind.RECEIVE) {
          received++;
          posted--;
          if (posted <= all.size()) {
            pairs.receive(options.receiveDepth - posted);
            posted = options.receiveDepth;
          }
        } else {
          sent++;
        }
        pending[index] &= done.kind() == WorkKind.RECEIVE ? ~RECEIVE : ~SEND;
        if (sent < options.iterations && pending[index] == 0) {
          pairs.send(index);
          pending[index] = SEND | RECEIVE;
        }
      }
    }
  }

  private void report(long nanos) {
    double micros = nanos / 1000.;
    long bytes = 2L * options.size * options.iterations;
    System.out.printf(
        Locale.ROOT,
        "%d bytes in %.2f seconds = %.2f Mbit/sec%n",
        bytes,
        micros / 1_000_000,
        bytes * 8 / micros);
    System.out.printf(
        Locale.ROOT,
        "%d iters in %.2f seconds = %.2f usec/iter%n",
        options.iterations,
        micros / 1_000_000,
        micros / options.iterations);
  }

  /** Any but RoCE version 1, best one that stands for an IPv4 address. */
  private int gidIndex(Context context) throws VerbsException {
    if (options.gidIndex >= 0) {
      return options.gidIndex;
    }
    return context.gids(options.devicePort).stream()
        .filter(entry -> entry.type() != GidType.ROCE_V1)
        .max(
            Comparator.comparing((GidEntry entry) -> !entry.gid().isLinkLocal())
                .thenComparing(entry -> entry.gid().isIpv4Mapped()))
        .map(GidEntry::index)
        .orElse(0);
  }

  /** Ends the program with a complaint about how it was called. */
  final void require(boolean condition, String rule) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }
}
