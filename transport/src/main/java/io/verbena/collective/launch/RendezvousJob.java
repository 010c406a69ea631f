package io.verbena.collective.launch;

import io.verbena.collective.launch.Rendezvous.Hello;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The processes that meet at an address: that of the local launcher ({@link #LAUNCHER}), or one
 * that the user gave ({@link #ADDRESS}), where the process of rank 0 is to serve them.
 */
final class RendezvousJob implements Job {
  private static final String RANK = "VERBENA_RANK";
  private static final String SIZE = "VERBENA_SIZE";
  private static final String ADDRESS = "VERBENA_RENDEZVOUS";
  private static final String LAUNCHER = "VERBENA_LAUNCHER";
  private static final String JOB = "VERBENA_JOB";

  private static final int MAX_JOB = 200;

  /** One process has all that the others tell in its memory. */
  private static final int MAX_SIZE = 1 << 20;

  private static final int RETRY_MILLIS = 50;
  private static final int CONNECT_MILLIS = 5_000;

  /** What the rendezvous may take to say who is missing, when the time is over. */
  private static final int GRACE_MILLIS = 5_000;

  private final String job;
  private final int rank;
  private final int size;
  private final InetSocketAddress address;
  private final boolean launched;
  private final boolean serving;
  private final String launcher;
  private byte[][] values = {};
  private @Nullable RendezvousServer server;

  private RendezvousJob(
      String job, int rank, int size, InetSocketAddress address, boolean launched) {
    this.job = job;
    this.rank = rank;
    this.size = size;
    this.address = address;
    this.launched = launched;
    this.serving = !launched && rank == 0;
    this.launcher = launched ? "verbena run" : "rendezvous at " + text(address);
  }

  static boolean isWanted(Map<String, String> environment) {
    return List.of(RANK, SIZE, ADDRESS, LAUNCHER).stream().anyMatch(environment::containsKey);
  }

  static RendezvousJob join(Map<String, String> environment) throws LaunchException {
    int size = Variables.number(environment, SIZE, 1);
    int rank = Variables.number(environment, RANK, 0);
    Variables.requireRank(rank, size, RANK, SIZE);
    if (size > MAX_SIZE) {
      throw new LaunchException("%s is %d, at most %d can be".formatted(SIZE, size, MAX_SIZE));
    }
    boolean launched = environment.containsKey(LAUNCHER);
    String name = launched ? LAUNCHER : ADDRESS;
    String text = environment.get(name);
    if (text == null) {
      throw new LaunchException(
          "%s is set, and %s is not: give all processes the address (HOST:PORT) at which rank 0 is to wait for them"
              .formatted(RANK, ADDRESS));
    }
    String job = environment.getOrDefault(JOB, "");
    if (job.length() > MAX_JOB) {
      throw new LaunchException("%s is longer than %d characters".formatted(JOB, MAX_JOB));
    }
    return new RendezvousJob(job, rank, size, Variables.address(name, text), launched);
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  @Override
  public String launcher() {
    return launcher;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void exchange(byte[] mine, Duration timeout) throws LaunchException {
    long deadline = System.nanoTime() + Variables.nanos(timeout);
    byte[] value = Variables.requireValue(mine);
    if (serving) {
      serve();
    }
    try (Socket socket = connect(deadline)) {
      int left = Math.clamp(leftMillis(deadline), 1, Integer.MAX_VALUE - GRACE_MILLIS);
      ask(socket, new Hello(job, rank, size, left, value), timeout);
    } catch (LaunchException e) {
      throw e;
    } catch (SocketTimeoutException e) {
      throw failure("does not answer", e);
    } catch (EOFException e) {
      throw failure("ended before it answered", e);
    } catch (IOException e) {
      throw failure("failed (%s)".formatted(e.getMessage()), e);
    }
  }

  private void ask(Socket socket, Hello hello, Duration timeout) throws IOException {
    var cutoff = new Cutoff(socket, hello.waitMillis() + GRACE_MILLIS);
    try (cutoff) {
      hello.write(socket.getOutputStream());
      read(new DataInputStream(new BufferedInputStream(socket.getInputStream())), timeout);
    } catch (SocketException e) {
      throw cutoff.happened() ? new SocketTimeoutException("no answer in time") : e;
    }
  }

  private void serve() throws LaunchException {
    try {
      server = new RendezvousServer(own(), job, size);
    } catch (IOException e) {
      throw new LaunchException(
          "rank 0 cannot wait at %s=%s: %s".formatted(ADDRESS, text(address), e.getMessage()), e);
    }
  }

  /**
   * Where to listen: everywhere if the name of this machine leads to itself only from here, as
   * Debian's 127.0.1.1 does.
   */
  private InetSocketAddress own() {
    var at = new InetSocketAddress(address.getHostString(), address.getPort());
    boolean named =
        !address.getHostString().equalsIgnoreCase("localhost")
            && !address.getHostString().matches("[0-9.]+|.*:.*");
    return named && at.getAddress() != null && at.getAddress().isLoopbackAddress()
        ? new InetSocketAddress(address.getPort())
        : at;
  }

  private LaunchException failure(String what, IOException cause) {
    return new LaunchException("the rendezvous at %s %s".formatted(text(address), what), cause);
  }

  private static long leftMillis(long deadline) {
    return TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
  }

  /** Whoever serves may start later. */
  private Socket connect(long deadline) throws IOException {
    while (true) {
      var socket = new Socket();
      try {
        var resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        int left = Math.clamp(leftMillis(deadline), 1, CONNECT_MILLIS);
        socket.connect(resolved, left);
        if (isItself(socket)) {
          throw new ConnectException("nobody is there");
        }
        socket.setTcpNoDelay(true);
        return socket;
      } catch (IOException e) {
        socket.close();
        if (leftMillis(deadline) <= RETRY_MILLIS) {
          throw new LaunchException(
              "rank %d does not reach the rendezvous at %s (%s)%s"
                  .formatted(
                      rank,
                      text(address),
                      e.getMessage(),
                      launched ? "" : ": is rank 0 running there?"),
              launched || rank == 0 ? List.of() : List.of(0),
              e);
        }
        sleep();
      }
    }
  }

  /**
   * Whoever tries often enough to connect to a port of this machine that nobody listens on gets
   * that port for its own end one day, and reaches itself.
   */
  static boolean isItself(Socket socket) {
    return socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress());
  }

  private static void sleep() throws LaunchException {
    try {
      Thread.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchException("interrupted while waiting for the rendezvous", e);
    }
  }

  private void read(DataInputStream in, Duration timeout) throws IOException {
    switch (in.readUnsignedByte()) {
      case Rendezvous.ALL -> {
        var all = new byte[size][];
        for (int other = 0; other < size; other++) {
          all[other] = Rendezvous.bytes(in, MAX_VALUE_BYTES);
        }
        values = all;
      }
      case Rendezvous.MISSING -> {
        int count = in.readInt();
        if (count < 0 || count > size) {
          throw new IOException("%d missing of %d".formatted(count, size));
        }
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          missing.add(in.readInt());
        }
        throw LaunchException.ofMissing(missing, size, timeout);
      }
      case Rendezvous.REFUSED ->
          throw new LaunchException(
              "rank %d at the rendezvous at %s: %s"
                  .formatted(rank, text(address), Rendezvous.text(in)));
      default -> throw new IOException("it is none of Verbena's");
    }
  }

  @Override
  public byte[] valueOf(int other) {
    return values[other].clone();
  }

  @Override
  public void abort(int status, String reason) {
    // The local launcher ends all when the caller does; otherwise nobody is there who could.
  }

  @Override
  public void close() {
    if (server != null) {
      server.awaitServed();
      server.close();
    }
  }
}
