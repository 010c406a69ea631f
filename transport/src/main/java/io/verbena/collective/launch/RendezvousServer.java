package io.verbena.collective.launch;

import io.verbena.collective.launch.Rendezvous.Hello;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the processes of a job leave their values and get those of all when all have come. It costs
 * a virtual thread for each process; strangers can hold a bounded number of them for a bounded
 * time.
 */
public final class RendezvousServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RendezvousServer.class);

  /** What somebody may take who is not known yet, or is not wanted. */
  private static final int STRANGER_MILLIS = 10_000;

  /** What a process may take to go when it has its answer. */
  private static final int FAREWELL_MILLIS = 10_000;

  private static final int STRANGERS = 64;
  private static final long ACCEPT_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int strangerMillis;
  private final String job;
  private final int size;
  private final ServerSocket socket;
  private final Semaphore places;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private final byte[][] values;
  private final @Nullable Socket[] waiting;
  private final BitSet come = new BitSet();
  private @Nullable String broken;
  private boolean overdue;
  private @Nullable ByteArrayOutputStream all;
  private int inside;

  /**
   * Opens a rendezvous.
   *
   * @param at where; port 0 for any
   * @param job what processes must name
   * @param size how many processes there are
   * @throws IOException if the address cannot be used
   */
  public RendezvousServer(InetSocketAddress at, String job, int size) throws IOException {
    this(at, job, size, STRANGER_MILLIS);
  }

  RendezvousServer(InetSocketAddress at, String job, int size, int strangerMillis)
      throws IOException {
    this.strangerMillis = strangerMillis;
    this.job = job;
    this.size = size;
    this.values = new byte[size][];
    this.waiting = new Socket[size];
    this.places = new Semaphore(size + STRANGERS);
    this.socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(at, Math.clamp(size, 50, 4096));
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
    Thread.ofVirtual().name("verbena-rendezvous").start(this::accept);
  }

  /**
   * Where it listens.
   *
   * @return a TCP port
   */
  public int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        places.acquireUninterruptibly();
        Socket connection = socket.accept();
        connections.add(connection);
        if (socket.isClosed()) {
          connection.close();
        }
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        if (socket.isClosed()) {
          return;
        }
        places.release();
        LOG.warn("The rendezvous cannot accept a connection: {}", e.toString());
        LockSupport.parkNanos(ACCEPT_PAUSE_NANOS);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      Hello hello = readHello(connection);
      String refusal = enter(hello, connection);
      if (refusal != null) {
        refuse(connection, refusal);
        return;
      }
      try {
        await(hello, connection);
      } finally {
        leave(hello.rank());
      }
    } catch (IOException e) {
      // A stranger, or it has gone: the others hear of that.
    } finally {
      connections.remove(connection);
      places.release();
    }
  }

  private Hello readHello(Socket connection) throws IOException {
    try (var _ = new Cutoff(connection, strangerMillis)) {
      return Hello.read(connection.getInputStream());
    }
  }

  /** Takes a process in; returns why not, or null. */
  private synchronized @Nullable String enter(Hello hello, Socket connection) {
    if (!MessageDigest.isEqual(utf8(hello.job()), utf8(job))) {
      return "this is the rendezvous of another job";
    }
    if (hello.size() != size) {
      return "it expects %d processes, here are to be %d".formatted(hello.size(), size);
    }
    if (hello.rank() < 0 || hello.rank() >= size) {
      return "rank %d is not below %d".formatted(hello.rank(), size);
    }
    if (come.get(hello.rank())) {
      return "another process is rank %d already".formatted(hello.rank());
    }
    if (broken != null) {
      return broken;
    }
    if (overdue) {
      return "it comes too late";
    }
    values[hello.rank()] = hello.value();
    waiting[hello.rank()] = connection;
    come.set(hello.rank());
    inside++;
    notifyAll();
    return null;
  }

  /**
   * Waits for all, and for the process to go: whoever waits here has nothing more to say, so that
   * reading returns only when it has gone.
   */
  private void await(Hello hello, Socket connection) throws IOException {
    Thread watch =
        Thread.startVirtualThread(
            () -> {
              try {
                connection.setSoTimeout(0);
                InputStream in = connection.getInputStream();
                if (in.read() < 0) {
                  gone(hello.rank());
                }
              } catch (IOException e) {
                gone(hello.rank());
              }
            });
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(hello.waitMillis());
    answer(hello, connection, deadline);
    // The process closes when it has read the answer: closing first could throw it away.
    try {
      watch.join(FAREWELL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(Hello hello, Socket connection, long deadline) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    synchronized (this) {
      while (come.cardinality() < size && broken == null && !overdue) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          break;
        }
        try {
          TimeUnit.NANOSECONDS.timedWait(this, left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
      if (come.cardinality() == size) {
        bytes = whole();
      } else if (broken != null) {
        writeRefusal(out, broken);
      } else {
        // One deadline is everybody's: the others would wait for this one in vain.
        overdue = true;
        notifyAll();
        List<Integer> missing = missing();
        out.writeByte(Rendezvous.MISSING);
        out.writeInt(missing.size());
        for (int rank : missing) {
          out.writeInt(rank);
        }
      }
      waiting[hello.rank()] = null;
    }
    bytes.writeTo(connection.getOutputStream());
    connection.shutdownOutput();
  }

  /** The values of all: the same bytes for everybody. */
  private ByteArrayOutputStream whole() throws IOException {
    if (all == null) {
      all = new ByteArrayOutputStream();
      var out = new DataOutputStream(all);
      out.writeByte(Rendezvous.ALL);
      for (byte[] value : values) {
        Rendezvous.put(out, value);
      }
    }
    return all;
  }

  private List<Integer> missing() {
    List<Integer> missing = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      if (!come.get(rank)) {
        missing.add(rank);
      }
    }
    return missing;
  }

  private void refuse(Socket connection, String reason) throws IOException {
    try (var _ = new Cutoff(connection, strangerMillis)) {
      var out = new DataOutputStream(connection.getOutputStream());
      writeRefusal(out, reason);
      out.flush();
      connection.shutdownOutput();
      connection.getInputStream().read();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void writeRefusal(DataOutputStream out, String reason) throws IOException {
    out.writeByte(Rendezvous.REFUSED);
    Rendezvous.put(out, utf8(reason));
  }

  private synchronized void gone(int rank) {
    if (waiting[rank] != null) {
      breakUp("rank %d came and ended before all were there".formatted(rank));
    }
  }

  /**
   * Says that a process has ended: if it had not come, nobody needs to wait for it.
   *
   * @param rank which
   * @param how in words: {@code ended with status 3}
   */
  public synchronized void ended(int rank, String how) {
    if (!come.get(rank)) {
      breakUp("rank %d %s before it came".formatted(rank, how));
    }
  }

  private void breakUp(String why) {
    if (broken == null && come.cardinality() < size) {
      broken = why;
      notifyAll();
    }
  }

  private synchronized void leave(int rank) {
    waiting[rank] = null;
    inside--;
    notifyAll();
  }

  /** How many have come and have no answer yet, or have not read it. */
  synchronized int inside() {
    return inside;
  }

  /** Waits until all who have come have their answer, a bounded time. */
  synchronized void awaitServed() {
    long deadline = System.nanoTime() + CLOSE_NANOS;
    try {
      for (long left = CLOSE_NANOS; inside > 0 && left > 0; left = deadline - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends everybody away. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone.
    }
    for (Socket connection : connections) {
      try {
        connection.close();
      } catch (IOException e) {
        // It is gone.
      }
    }
  }
}
