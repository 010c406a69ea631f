package io.verbena.collective.launch;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What processes say at a rendezvous, big-endian. A process: u32 {@link #MAGIC}, u8 {@link
 * #VERSION}, the job, u32 rank, u32 size, u32 milliseconds that it waits, its value. The
 * rendezvous: u8 {@link #ALL} and the values of all, in order; or u8 {@link #MISSING}, u32 count
 * and the u32 ranks; or u8 {@link #REFUSED} and the reason. The job, values and the reason have
 * their length before them, as u16.
 */
final class Rendezvous {
  static final int MAGIC = 0x56524456;
  static final int VERSION = 1;

  static final int ALL = 0;
  static final int MISSING = 1;
  static final int REFUSED = 2;

  static final int MAX_TEXT_BYTES = 1024;

  private Rendezvous() {}

  /** Who comes. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
  record Hello(String job, int rank, int size, int waitMillis, byte[] value) {
    void write(OutputStream out) throws IOException {
      var data = new DataOutputStream(out);
      data.writeInt(MAGIC);
      data.writeByte(VERSION);
      put(data, job.getBytes(StandardCharsets.UTF_8));
      data.writeInt(rank);
      data.writeInt(size);
      data.writeInt(waitMillis);
      put(data, value);
      data.flush();
    }

    static Hello read(InputStream in) throws IOException {
      var data = new DataInputStream(in);
      if (data.readInt() != MAGIC) {
        throw new IOException("somebody else than a process of Verbena");
      }
      int version = data.readUnsignedByte();
      if (version != VERSION) {
        throw new IOException(
            "it speaks version %d of the rendezvous, not %d".formatted(version, VERSION));
      }
      String job = text(data);
      int rank = data.readInt();
      int size = data.readInt();
      int waitMillis = data.readInt();
      return new Hello(job, rank, size, waitMillis, bytes(data, Job.MAX_VALUE_BYTES));
    }
  }

  static void put(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  static byte[] bytes(DataInputStream in, int most) throws IOException {
    int length = in.readUnsignedShort();
    if (length > most) {
      throw new IOException("%d bytes where at most %d may be".formatted(length, most));
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("cut off");
    }
    return bytes;
  }

  static String text(DataInputStream in) throws IOException {
    return new String(bytes(in, MAX_TEXT_BYTES), StandardCharsets.UTF_8);
  }
}
