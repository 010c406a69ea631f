package io.verbena.doctor;

import io.verbena.TransportConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@link Doctor} looks at. Immutable; start from {@link #defaults}.
 *
 * @param root the folder whose {@code sys}, {@code proc}, {@code dev} and {@code etc} are read:
 *     {@code /} is this machine; of any other, the files alone are looked at, and no library is
 *     asked
 * @param config of the transport whose choice is foretold
 * @param metadata what the cloud says, if it was asked
 * @param peer the address of a {@link DoctorServer}, to which the way is tried; empty for none
 */
public record DoctorOptions(
    Path root,
    TransportConfig config,
    Optional<InstanceMetadata> metadata,
    Optional<InetSocketAddress> peer) {
  /** This machine. */
  private static final Path MACHINE = Path.of("/").toAbsolutePath().normalize();

  /** Takes the root without detours. */
  public DoctorOptions {
    root = root.toAbsolutePath().normalize();
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(metadata, "metadata");
    Objects.requireNonNull(peer, "peer");
  }

  /**
   * This machine, a transport with its defaults, nobody asked.
   *
   * @return the defaults
   */
  public static DoctorOptions defaults() {
    return new DoctorOptions(
        MACHINE, TransportConfig.defaults(), Optional.empty(), Optional.empty());
  }

  /**
   * A copy with another {@link #root}.
   *
   * @param folder the folder
   * @return the copy
   */
  public DoctorOptions withRoot(Path folder) {
    return new DoctorOptions(folder, config, metadata, peer);
  }

  /**
   * A copy with another {@link #config}.
   *
   * @param value of the transport
   * @return the copy
   */
  public DoctorOptions withConfig(TransportConfig value) {
    return new DoctorOptions(root, value, metadata, peer);
  }

  /**
   * A copy with another {@link #metadata}.
   *
   * @param value what the cloud says
   * @return the copy
   */
  public DoctorOptions withMetadata(InstanceMetadata value) {
    return new DoctorOptions(root, config, Optional.of(value), peer);
  }

  /**
   * A copy with another {@link #peer}.
   *
   * @param value the address of a {@link DoctorServer}; an unresolved one is looked up
   * @return the copy
   */
  public DoctorOptions withPeer(InetSocketAddress value) {
    return new DoctorOptions(root, config, metadata, Optional.of(value));
  }

  /** Whether it is this machine, so that libraries can be asked too. */
  boolean isMachine() {
    return root.equals(MACHINE);
  }
}
