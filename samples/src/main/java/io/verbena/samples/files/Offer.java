package io.verbena.samples.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * What the sender says first: {@code u64} size, then the name. The receiver answers {@code u8} 1,
 * or 0 and the reason. Then come the file's bytes in messages of {@link #CHUNK_BYTES} at most,
 * their CRC32C in 4 bytes, and the receiver's second answer: the file is there under its name, or
 * why not.
 *
 * @param name of the file, without folders
 * @param size in bytes
 */
record Offer(String name, long size) {
  /** Long enough to be worth an RDMA read, short enough for a progress bar. */
  static final int CHUNK_BYTES = 1 << 20;

  /** Of most file systems. */
  private static final int MOST_NAME_BYTES = 255;

  void writeTo(ByteBuf target) {
    target.writeLong(size).writeCharSequence(name, UTF_8);
  }

  /** Reads what a stranger sent, and believes none of it. */
  static Offer readFrom(ByteBuf source) throws IOException {
    if (source.readableBytes() < Long.BYTES) {
      throw new IOException("the peer is no send-file: its offer is too short");
    }
    long size = source.readLong();
    String name = source.toString(UTF_8);
    if (size < 0) {
      throw new IOException("the offered file has a negative size");
    }
    check(name);
    return new Offer(name, size);
  }

  /** Only names of files in the folder itself: with no way out of it, on any system. */
  static void check(String name) throws IOException {
    int bytes = name.getBytes(UTF_8).length;
    if (bytes == 0 || bytes > MOST_NAME_BYTES) {
      throw new IOException("the file's name must have 1 to 255 bytes, it has " + bytes);
    }
    // A drive (C:x) or a stream (x:y) on Windows; a control character fools terminals.
    boolean plain =
        !name.equals(".")
            && !name.equals("..")
            && name.codePoints()
                .noneMatch(
                    each ->
                        each == '/'
                            || each == '\\'
                            || each == ':'
                            || each == 0xfffd
                            || Character.isISOControl(each)
                            || Character.getType(each) == Character.FORMAT);
    if (!plain) {
      throw new IOException(
          "the file's name must be that of a file in the folder, without / \\ : and control"
              + " characters");
    }
  }
}
