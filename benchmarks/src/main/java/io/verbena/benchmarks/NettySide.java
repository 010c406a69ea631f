package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Netty's epoll transport, messages framed by their length, all of the work done on its event loop:
 * no thread waits for another.
 */
@SuppressWarnings({
  "FutureReturnValueIgnored", // A void promise: what goes wrong comes to exceptionCaught.
  "UnusedVariable" // Tasks that have nothing to do at the start.
})
final class NettySide extends ChannelInboundHandlerAdapter implements Side {
  private static final int LONGEST_MESSAGE = 2 << 20;
  private static final int PATIENCE_SECONDS = 60;

  /** What the event loop is doing. */
  private interface Task {
    void start(ChannelHandlerContext context) throws IOException;

    /** Owns the message. */
    void received(ChannelHandlerContext context, ByteBuf message) throws IOException;

    default void writable(ChannelHandlerContext context) {}
  }

  private final CompletableFuture<ChannelHandlerContext> connected = new CompletableFuture<>();
  private volatile @Nullable Task task;

  /** Whether something is being measured. */
  private volatile boolean busy;

  /** What the other side, which is ahead, has sent for the next task. */
  private final Queue<ByteBuf> early = new ArrayDeque<>();

  private CompletableFuture<Integer> done = new CompletableFuture<>();

  /** What sets up a channel for a side. */
  ChannelInitializer<Channel> initializer() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel
            .pipeline()
            .addLast(
                new LengthFieldBasedFrameDecoder(
                    LONGEST_MESSAGE, 0, Integer.BYTES, 0, Integer.BYTES),
                new LengthFieldPrepender(Integer.BYTES),
                NettySide.this);
      }
    };
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    connected.complete(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
    Task now = task;
    if (now == null) {
      early.add((ByteBuf) message);
    } else {
      now.received(context, (ByteBuf) message);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    Task now = task;
    if (now != null && context.channel().isWritable()) {
      now.writable(context);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    done.completeExceptionally(cause);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    done.completeExceptionally(new IOException("the other process closed the connection"));
  }

  boolean isBusy() {
    return busy;
  }

  private void complete(int count) {
    busy = false;
    task = null;
    done.complete(count);
  }

  private int run(Task next) throws IOException {
    try {
      ChannelHandlerContext context = connected.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      context
          .executor()
          .submit(
              () -> {
                done = new CompletableFuture<>();
                busy = true;
                task = next;
                next.start(context);
                for (ByteBuf each = early.poll(); each != null; each = early.poll()) {
                  next.received(context, each);
                }
                return null;
              })
          .get();
      return done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("Netty's side failed: " + e, e);
    }
  }

  private static ByteBuf message(ChannelHandlerContext context, int bytes, long value) {
    return context.alloc().directBuffer(bytes).writeLong(value).writerIndex(bytes);
  }

  @Override
  public int ping(int bytes, long[] roundTripNanos, long deadline) throws IOException {
    return run(
        new Task() {
          private int count;
          private long value;
          private long start;

          @Override
          public void start(ChannelHandlerContext context) {
            send(context);
          }

          private void send(ChannelHandlerContext context) {
            start = System.nanoTime();
            value = count == roundTripNanos.length - 1 || start - deadline > 0 ? LAST : count;
            context.writeAndFlush(message(context, bytes, value), context.voidPromise());
          }

          @Override
          public void received(ChannelHandlerContext context, ByteBuf message) throws IOException {
            Side.check(value, message.readLong());
            message.release();
            roundTripNanos[count++] = System.nanoTime() - start;
            if (value == LAST) {
              complete(count);
            } else {
              send(context);
            }
          }
        });
  }

  @Override
  public void echo(int bytes) throws IOException {
    run(
        new Task() {
          @Override
          public void start(ChannelHandlerContext context) {}

          @Override
          public void received(ChannelHandlerContext context, ByteBuf message) {
            boolean last = message.getLong(message.readerIndex()) == LAST;
            context.writeAndFlush(message, context.voidPromise());
            if (last) {
              complete(0);
            }
          }
        });
  }

  @Override
  public void stream(int bytes, int count) throws IOException {
    run(
        new Task() {
          private int sent;

          @Override
          public void start(ChannelHandlerContext context) {
            writable(context);
          }

          @Override
          public void writable(ChannelHandlerContext context) {
            while (sent < count && context.channel().isWritable()) {
              context.write(message(context, bytes, sent++), context.voidPromise());
            }
            context.flush();
            if (sent < count && context.channel().isWritable()) {
              // Not deeper and deeper: flushing makes the channel writable within this call.
              context.executor().execute(() -> writable(context));
            }
          }

          @Override
          public void received(ChannelHandlerContext context, ByteBuf message) {
            message.release();
            complete(sent);
          }
        });
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    run(
        new Task() {
          private int received;

          @Override
          public void start(ChannelHandlerContext context) {}

          @Override
          public void received(ChannelHandlerContext context, ByteBuf message) throws IOException {
            Side.check(received++, message.readLong());
            message.release();
            if (received == count) {
              context.writeAndFlush(message(context, Long.BYTES, count), context.voidPromise());
              complete(count);
            }
          }
        });
  }

  @Override
  public void close() throws IOException {
    try {
      connected.get(PATIENCE_SECONDS, TimeUnit.SECONDS).close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("Netty's side was never connected", e);
    }
  }
}
