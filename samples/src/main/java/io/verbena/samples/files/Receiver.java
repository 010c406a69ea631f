package io.verbena.samples.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Receives one file into a folder. The bytes go to a file of another name, which gets the offered
 * one when all are there, right and on the disk: nobody ever sees half a file, and what was there
 * before stays until then. A process that is killed leaves the other file, {@code .verbena-*.part}.
 */
final class Receiver {
  private final Path folder;
  private final boolean overwrite;
  private final ByteBufAllocator allocator;
  private final PrintStream out;

  Receiver(Path folder, boolean overwrite, ByteBufAllocator allocator, PrintStream out) {
    this.folder = folder;
    this.overwrite = overwrite;
    this.allocator = allocator;
    this.out = out;
  }

  /** Returns the received file. */
  Path receive(Endpoint sender) throws IOException {
    Path target;
    try {
      target = take(sender);
    } catch (TransportException e) {
      throw e;
    } catch (IOException e) {
      refuse(sender, e);
      throw e;
    }
    try {
      answer(sender, 1, "");
    } catch (TransportException | RuntimeException e) {
      // The file is there all the same.
      out.println("the sender could not be told: " + e.getMessage());
    }
    return target;
  }

  private Path take(Endpoint sender) throws IOException {
    ByteBuf first = sender.receive();
    Offer offer;
    try {
      offer = Offer.readFrom(first);
    } finally {
      first.release();
    }
    Path target = resolve(offer.name());
    requireRoom(offer, target);
    Path part = folder.resolve(".verbena-" + UUID.randomUUID() + ".part");
    try {
      try (FileChannel file =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        answer(sender, 1, "");
        receive(sender, offer, file);
        file.force(true);
      }
      rename(part, target);
    } finally {
      Files.deleteIfExists(part);
    }
    return target;
  }

  /** What is a name elsewhere need not be one here: that depends on the locale, for example. */
  private Path resolve(String name) throws IOException {
    try {
      return folder.resolve(name);
    } catch (InvalidPathException e) {
      throw new IOException("no file can have that name here: " + e.getReason(), e);
    }
  }

  private void requireRoom(Offer offer, Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw new IOException(offer.name() + " is a folder here");
    }
    if (!overwrite && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(offer.name() + " is there already, and --overwrite was not given");
    }
    long room = Files.getFileStore(folder).getUsableSpace();
    if (offer.size() > room) {
      throw new IOException(
          "%s has %d bytes, there is room for %d".formatted(offer.name(), offer.size(), room));
    }
  }

  private void receive(Endpoint sender, Offer offer, FileChannel file) throws IOException {
    var checksum = new CRC32C();
    var progress = new ProgressBar(offer.name(), offer.size(), out);
    try {
      for (long received = 0; received < offer.size(); ) {
        ByteBuf chunk = sender.receive();
        try {
          int length = chunk.readableBytes();
          if (length == 0 || length > Math.min(Offer.CHUNK_BYTES, offer.size() - received)) {
            throw new IOException("the sender sent other bytes than it had offered");
          }
          checksum.update(chunk.nioBuffer());
          while (chunk.isReadable()) {
            chunk.readBytes(file, chunk.readableBytes());
          }
          received += length;
        } finally {
          chunk.release();
        }
        progress.show(received);
      }
    } catch (IOException e) {
      progress.stop();
      throw e;
    }
    if (offer.size() == 0) {
      progress.show(0);
    }
    ByteBuf last = sender.receive();
    try {
      if (last.readableBytes() != Integer.BYTES || last.readInt() != (int) checksum.getValue()) {
        throw new IOException("the checksum is wrong");
      }
    } finally {
      last.release();
    }
  }

  private void rename(Path part, Path target) throws IOException {
    if (overwrite) {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    // Renaming replaces what came into being meanwhile; a second name for the same file does not.
    try {
      Files.createLink(target, part);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(target.getFileName() + " came into being meanwhile", e);
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.move(part, target); // a file system without links
    }
  }

  /** A sender that cannot be told, not even in a message as short as that, changes nothing. */
  private void refuse(Endpoint sender, IOException why) {
    try {
      answer(sender, 0, text(why));
    } catch (TransportException | RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  private void answer(Endpoint sender, int consent, String why) throws TransportException {
    ByteBuf answer = allocator.directBuffer();
    answer.writeByte(consent).writeCharSequence(why, UTF_8);
    try {
      sender.send(answer);
    } catch (TransportException | RuntimeException e) {
      answer.release();
      throw e;
    }
  }

  /** An exception of the file system has the file's name for a message, and no word more. */
  private static String text(IOException e) {
    return e instanceof FileSystemException refusal
        ? "%s: %s".formatted(e.getClass().getSimpleName(), refusal.getMessage())
        : String.valueOf(e.getMessage());
  }
}
