package io.verbena.benchmarks;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Does with Verbena what perftest's programs do with C: a server and a client, two processes. The
 * client takes orders from its standard input, {@code CASE COUNT INLINE_BYTES} a line, and answers
 * each with the {@link Latencies} or the exchanges in a second. The queue pairs of a case stay
 * until another case is asked for. Between orders both processes sleep.
 */
public final class PerftestTwin {
  private static final String SERVER = "server";

  private final Context context;
  private final int port;
  private final int gidIndex;
  private final boolean client;
  private final DataInputStream in;
  private final DataOutputStream out;
  private @Nullable TwinEnd end;
  private @Nullable PerftestCase connected;

  private PerftestTwin(Context context, int port, int gidIndex, boolean client, Socket peer)
      throws IOException {
    this.context = context;
    this.port = port;
    this.gidIndex = gidIndex;
    this.client = client;
    peer.setTcpNoDelay(true);
    in = new DataInputStream(peer.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(peer.getOutputStream()));
  }

  /**
   * Runs one of the two processes until the other, or whoever gives the orders, is gone.
   *
   * @param arguments device, port, GID index, then {@code server}, or the server's TCP port
   * @throws IOException if the device or the other process fails
   */
  public static void main(String... arguments) throws IOException {
    int port = Integer.parseInt(arguments[1]);
    int gidIndex = Integer.parseInt(arguments[2]);
    try (Context context = Device.named(arguments[0]).open()) {
      if (arguments[3].equals(SERVER)) {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
          System.out.println(listener.getLocalPort());
          try (Socket peer = listener.accept()) {
            new PerftestTwin(context, port, gidIndex, false, peer).serve();
          }
        }
      } else {
        int server = Integer.parseInt(arguments[3]);
        try (Socket peer = new Socket(InetAddress.getLoopbackAddress(), server)) {
          new PerftestTwin(context, port, gidIndex, true, peer).obey();
        }
      }
    }
  }

  private void obey() throws IOException {
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      String[] words = order.split(" ", -1);
      PerftestCase wanted = PerftestCase.valueOf(words[0]);
      int count = Integer.parseInt(words[1]);
      int inlineBytes = Integer.parseInt(words[2]);
      out.writeUTF(wanted.name());
      out.writeInt(count);
      out.writeInt(inlineBytes);
      out.flush();
      System.out.println(exchange(wanted, count, inlineBytes));
    }
  }

  private void serve() throws IOException {
    while (true) {
      PerftestCase wanted;
      try {
        wanted = PerftestCase.valueOf(in.readUTF());
      } catch (EOFException e) {
        return;
      }
      exchange(wanted, in.readInt(), in.readInt());
    }
  }

  private String exchange(PerftestCase wanted, int count, int inlineBytes) throws IOException {
    TwinEnd used = connected(wanted, inlineBytes);
    used.prepare(count);
    long[] began = new long[count];
    meet();
    long nanos = 0;
    switch (wanted.work()) {
      case SEND, SEND_SLEEPING -> used.send(client, count, began);
      case WRITE -> used.write(client, count, began);
      case READ -> {
        if (client) {
          used.read(count, began);
        }
      }
      case FETCH_AND_ADD -> {
        if (client) {
          used.fetchAndAdd(count, began);
        }
      }
      case STREAM -> {
        if (client) {
          nanos = used.stream(count);
        }
      }
    }
    meet();
    return wanted.isLatency()
        ? (client ? Latencies.of(began, wanted.work().isThereAndBack()).toString() : "")
        : String.format(Locale.ROOT, "%.3f", count * 1e9 / nanos);
  }

  private TwinEnd connected(PerftestCase wanted, int inlineBytes) throws IOException {
    TwinEnd present = end;
    if (present != null && connected == wanted) {
      return present;
    }
    if (present != null) {
      present.close();
    }
    TwinEnd made = new TwinEnd(context, wanted, inlineBytes);
    end = made;
    connected = wanted;
    made.connect(port, gidIndex, in, out);
    return made;
  }

  /** Returns when the other process has come here, too. */
  private void meet() throws IOException {
    out.writeByte(0);
    out.flush();
    in.readByte();
  }
}
