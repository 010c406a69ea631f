package io.verbena.doctor;

import io.verbena.lane.KernelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The files of a machine, or of a folder that looks like one. Nothing here throws, whatever is
 * there, nothing takes long, and links in a folder do not lead out of it. Thread-safe.
 */
final class HostFiles implements KernelFiles {
  /** All that is read of a file. */
  static final int LONGEST = 1 << 16;

  /** All that is listed of a folder. */
  static final int MOST_NAMES = 8192;

  /** A problem: the rights of a file are not for this user. */
  static final String DENIED = "permission denied";

  private static final int MOST_LINKS = 40;

  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  /** Nodes that one may open to see whether that is possible: nothing changes by it. */
  private static final Pattern OPENABLE = Pattern.compile("/dev/infiniband/(uverbs[0-9]+|rdma_cm)");

  private final Path root;
  private final boolean isMachine;

  /**
   * What a file has to say.
   *
   * @param text its beginning, empty if it could not be read
   * @param problem why it could not be read; empty if it could
   */
  record Content(String text, String problem) {
    boolean isPresent() {
      return problem.isEmpty();
    }

    /** The text as far as it is one line, or in parentheses why there is none. */
    String shown() {
      return isPresent() ? text.strip() : '(' + problem + ')';
    }
  }

  HostFiles(Path root) {
    this.root = root;
    this.isMachine = root.getNameCount() == 0;
  }

  Content read(String path) {
    try {
      Path file = resolve(path);
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return new Content("", "absent");
      }
      if (!Files.isRegularFile(file)) {
        // Reading anything else may wait for ever.
        return new Content("", Files.exists(file) ? "not a file" : "a link to nowhere");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return new Content(new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8), "");
      }
    } catch (IOException | InvalidPathException e) {
      return new Content("", why(e));
    }
  }

  /** A file's text without blanks around it; empty if it cannot be read. */
  @Override
  public String text(String path) {
    return read(path).text.strip();
  }

  private static String why(Exception e) {
    return e instanceof NoSuchFileException ? "absent" : "unreadable: " + reason(e);
  }

  private static String reason(Exception e) {
    if (e instanceof AccessDeniedException) {
      return DENIED;
    }
    return e instanceof FileSystemException system && system.getReason() != null
        ? system.getReason()
        : String.valueOf(e.getMessage());
  }

  /** Whether there is a file, a folder or a device; a link counts as what it leads to. */
  boolean exists(String path) {
    try {
      return Files.exists(resolve(path));
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }

  boolean isFolder(String path) {
    try {
      return Files.isDirectory(resolve(path));
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }

  /** Whether {@link #openProblem} may open a device, and not only look at its rights. */
  static boolean mayOpen(String path) {
    return OPENABLE.matcher(path).matches();
  }

  /**
   * Why this user cannot open a device to read and write; empty if that is possible, or if only the
   * rights were looked at and allow it.
   */
  String openProblem(String path) {
    try {
      Path file = resolve(path);
      if (isMachine
          && mayOpen(path)
          && Files.readAttributes(file, BasicFileAttributes.class).isOther()) {
        // A cgroup may forbid what the rights allow. Others are not opened: issm* would make the
        // port that of a subnet manager, and waits for as long as it has another one.
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE).close();
        return "";
      }
      return Files.isReadable(file) && Files.isWritable(file) ? "" : DENIED;
    } catch (IOException | InvalidPathException e) {
      return reason(e);
    }
  }

  /** Its rights and owners as {@code ls -l} shows them; empty if nobody knows. */
  String rights(String path) {
    try {
      PosixFileAttributes of = Files.readAttributes(resolve(path), PosixFileAttributes.class);
      return "%s %s %s"
          .formatted(
              PosixFilePermissions.toString(of.permissions()),
              of.owner().getName(),
              of.group().getName());
    } catch (IOException | InvalidPathException | UnsupportedOperationException e) {
      return "";
    }
  }

  /**
   * The names in a folder; empty if it cannot be listed. Numbers within names count as numbers:
   * mlx5_2 comes before mlx5_10.
   */
  @Override
  public List<String> list(String folder) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(resolve(folder))) {
      for (Path each : found) {
        names.add(String.valueOf(each.getFileName()));
        if (names.size() == MOST_NAMES) {
          break;
        }
      }
    } catch (IOException | InvalidPathException | DirectoryIteratorException e) {
      // What was listed so far counts.
    }
    names.sort(Comparator.comparing(HostFiles::withLengths).thenComparing(name -> name));
    return names;
  }

  /** Each number with its length before it: then the order of letters is that of numbers. */
  private static String withLengths(String name) {
    return NUMBER
        .matcher(name)
        .replaceAll(number -> (char) ('0' + number.group().length()) + number.group());
  }

  /** The last name of what a link leads to; empty if it is no link. */
  String link(String path) {
    try {
      int slash = path.lastIndexOf('/');
      Path link = resolve(path.substring(0, slash)).resolve(path.substring(slash + 1));
      return Files.isSymbolicLink(link)
          ? String.valueOf(Files.readSymbolicLink(link).getFileName())
          : "";
    } catch (IOException | InvalidPathException e) {
      return "";
    }
  }

  /** Where a file really is, as a path of this machine or folder; the path itself if unknown. */
  String real(String path) {
    try {
      Path file = isMachine ? resolve(path).toRealPath() : resolve(path);
      return "/" + root.relativize(file);
    } catch (IOException | InvalidPathException e) {
      return path;
    }
  }

  /** Follows links as {@code chroot(2)} would. */
  private Path resolve(String path) throws IOException {
    if (isMachine) {
      return Path.of(path);
    }
    Deque<String> left = new ArrayDeque<>(List.of(path.split("/", -1)));
    Path at = root;
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        Path parent = at.getParent();
        at = at.equals(root) || parent == null ? root : parent;
        continue;
      }
      Path next = at.resolve(name);
      if (!Files.isSymbolicLink(next)) {
        at = next;
        continue;
      }
      if (++links > MOST_LINKS) {
        throw new FileSystemLoopException(path);
      }
      Path target = Files.readSymbolicLink(next);
      if (target.isAbsolute()) {
        at = root;
      }
      List.of(target.toString().split("/", -1)).reversed().forEach(left::push);
    }
    return at;
  }
}
