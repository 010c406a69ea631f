package io.verbena.samples.interop;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How the ping-pong programs tell each other their queue pairs, over TCP: the client sends its own,
 * each as a C string; the server connects its queue pairs and answers alike; the client says {@code
 * done}.
 */
final class Exchange {
  private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(30).toMillis();
  private static final byte[] DONE = "done\0".getBytes(StandardCharsets.US_ASCII);

  /** What a server does between hearing and answering. */
  interface Connect {
    void connect(List<Destination> theirs) throws IOException;
  }

  private Exchange() {}

  /** The client's side; returns what the server has. */
  static List<Destination> asClient(String host, int port, List<Destination> mine)
      throws IOException {
    try (Socket socket = open(host, port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      write(socket, mine);
      List<Destination> theirs = read(socket, mine.size());
      // In one piece: the C programs expect it from one read().
      socket.getOutputStream().write(DONE);
      return theirs;
    }
  }

  private static Socket open(String host, int port) throws IOException {
    IOException failure = new IOException("no address");
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        Socket socket = new Socket();
        try {
          socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
          return socket;
        } catch (IOException e) {
          socket.close();
          failure = e;
        }
      }
    } catch (UnknownHostException e) {
      failure = new IOException("unknown host", e);
    }
    throw new IOException(
        "cannot connect to " + host + ":" + port + ": " + failure.getMessage(), failure);
  }

  /** The server's side, for one client; returns what the client has. */
  static List<Destination> asServer(int port, List<Destination> mine, Connect step)
      throws IOException {
    try (Socket socket = accept(port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      List<Destination> theirs = read(socket, mine.size());
      step.connect(theirs);
      write(socket, mine);
      String done = text(socket, DONE.length);
      if (!done.equals("done")) {
        throw new IOException("the client did not say that it is done, but \"" + done + "\"");
      }
      return theirs;
    }
  }

  private static Socket accept(int port) throws IOException {
    try (ServerSocket listener = new ServerSocket()) {
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(port), 1);
      return listener.accept();
    } catch (IOException e) {
      throw new IOException("cannot listen on port " + port + ": " + e.getMessage(), e);
    }
  }

  private static void write(Socket socket, List<Destination> destinations) throws IOException {
    StringBuilder text = new StringBuilder();
    destinations.forEach(destination -> text.append(destination.text()).append('\0'));
    socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static List<Destination> read(Socket socket, int count) throws IOException {
    List<Destination> destinations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      destinations.add(Destination.parse(text(socket, Destination.LENGTH + 1)));
    }
    return destinations;
  }

  /** A C string of known length. */
  private static String text(Socket socket, int length) throws IOException {
    byte[] bytes = new byte[length];
    try {
      new DataInputStream(socket.getInputStream()).readFully(bytes);
    } catch (EOFException e) {
      throw new IOException("the peer hung up before it had said where its queue pairs are", e);
    } catch (SocketTimeoutException e) {
      throw new IOException("the peer said nothing for " + PATIENCE_MILLIS / 1000 + " s", e);
    }
    return new String(bytes, 0, length - 1, StandardCharsets.US_ASCII);
  }
}
