package io.verbena.cause;

import io.verbena.ffi.Native;
import org.jspecify.annotations.Nullable;

/**
 * What in a machine, its network or its peer stands in the way of RDMA: an entry for each cause,
 * whoever meets it. Texts are clauses, without a full stop.
 */
public enum Cause {
  /** The libraries are not there, or not usable. */
  LIBRARIES(
      "rdma-core's libraries are not there or cannot be used",
      "install rdma-core 34 or newer (libibverbs with its providers, librdmacm)"),
  /** The module ib_uverbs is not loaded. */
  KERNEL_SUPPORT(
      "the kernel has no RDMA support loaded", "modprobe ib_uverbs and the adapter's driver"),
  /** The library lists no device. */
  NO_DEVICE(
      "this machine has no RDMA device",
      "if it has an adapter, load its driver (modprobe mlx5_ib, for example)"),
  /** The device has failed, or was removed while it was in use. */
  DEVICE_GONE(
      "the device has failed or was removed",
      "close what uses it, look at the kernel's log (dmesg), and open it again"),
  /** {@code /dev/infiniband/uverbs*} is absent, or not for this user. */
  VERBS_FILES("the device files of the verbs cannot be opened", files("uverbs*", "ib_uverbs")),
  /** {@code /dev/infiniband/rdma_cm} is absent, or not for this user. */
  CONNECTION_FILE(
      "the device file of the connection manager cannot be opened", files("rdma_cm", "rdma_ucm")),
  /** RLIMIT_MEMLOCK; {@link LockedMemory#cure} names the limit of this process. */
  LOCKED_MEMORY("no more memory may be locked", Cause.MEMLOCK + " (" + Cause.MEMLOCK_LASTS + ")"),
  /** RLIMIT_NOFILE. */
  OPEN_FILES("too many files are open", "raise the limit of open files (ulimit -n)"),
  /** The system maps no more memory. */
  ADDRESS_SPACE(
      "the system maps no more memory", "see ulimit -v, vm.max_map_count and vm.overcommit_memory"),
  /** A port has no link. */
  LINK("the port has no link", "check the link"),
  /** An InfiniBand port has a link and no address. */
  SUBNET_MANAGER(
      "no subnet manager has configured it",
      "start a subnet manager: on the switch, or opensm on one machine of the subnet"),
  /** A port cannot be used, and nobody has looked whether for {@link #LINK} or otherwise. */
  NOT_ACTIVE(
      "the port is not active",
      "check the link; on InfiniBand, check that the subnet manager runs"),
  /** A RoCE port has no address of version 2. */
  NO_ROCE_ADDRESS(
      "it has no RoCE v2 address",
      "give its network interface an IP address (ip address add ADDRESS/LENGTH dev INTERFACE)"),
  /** Two InfiniBand ports have no partition key in common. */
  PARTITION(
      "they share no partition",
      "on Azure, put both machines into one scale set or availability set; elsewhere ask who runs"
          + " the subnet manager"),
  /** Two RoCE ports that fit hear nothing of each other. */
  ROCE_FILTERED(
      "RoCE packets (UDP port 4791) do not get through",
      "let UDP port 4791 pass in the firewalls of both machines and of the network between them;"
          + " Azure's carries no RoCE at all: use InfiniBand there"),
  /** Two InfiniBand ports that fit hear nothing of each other. */
  SUBNET(
      "InfiniBand packets do not get through",
      "look at the subnet manager's routes, and whether both ports are members of one partition"),
  /** An IP address does not lead over an RDMA device: errno 19 of rdma_resolve_addr. */
  NO_DEVICE_ON_ROUTE(
      "the address is not reached through an RDMA device",
      "use the address of the RDMA interface, on both sides (rdma link shows which that is)"),
  /** Packets, or their acknowledgements, do not arrive: status 12 of a completion. */
  UNANSWERED(
      "the peer did not acknowledge",
      "the peer has died, or packets are lost: check the link; on InfiniBand the partition keys, on"
          + " RoCE that firewalls let UDP port 4791 pass (Azure's Ethernet does not); and that queue pair, GID index and MTU of"
          + " both sides fit"),
  /** The peer's memory is not to be used so: status 10 of a completion, or the same over TCP. */
  REMOTE_ACCESS(
      "the peer's memory refused the access: closed or not granted, no such right, out of bounds, or"
          + " a wrong key or alignment",
      "check the remote address and key, and that the peer's region has REMOTE_READ, REMOTE_WRITE"
          + " or REMOTE_ATOMIC and is still open");

  private final String meaning;
  private final String cure;

  Cause(String meaning, String cure) {
    this.meaning = meaning;
    this.cure = cure;
  }

  /** Lifts the limit of locked memory until the shell ends. */
  public static final String MEMLOCK = "ulimit -l unlimited";

  /** And what lifts it for longer. */
  public static final String MEMLOCK_LASTS =
      "to make it last: '* - memlock unlimited' in /etc/security/limits.conf,"
          + " LimitMEMLOCK=infinity in a systemd unit, --ulimit memlock=-1 for a container";

  /** What a link's reason says of ports that fit and yet hear nothing of each other. */
  public static final String CUT_OFF = "cut off from the peer";

  /** How a container gets the devices, the right to use them and the memory. */
  public static final String CONTAINER =
      "--device=/dev/infiniband --cap-add=IPC_LOCK --ulimit memlock=-1";

  private static String files(String name, String module) {
    return "/dev/infiniband/"
        + name
        + " must be there (modprobe "
        + module
        + "; start a container with --device=/dev/infiniband) and this user must be allowed to open"
        + " it (join the group that owns it)";
  }

  /**
   * Why a library cannot be called, and what helps where that is not part of it.
   *
   * @param library the library
   * @return a clause that completes "no RDMA: ..."; null when the library is available
   */
  public static @Nullable String of(Native library) {
    String cause = library.unavailabilityCause();
    if (cause == null) {
      return null;
    }
    return switch (library.availability()) {
      case ABSENT, BROKEN, TOO_OLD -> cause + ": " + LIBRARIES.cure;
      // They name the platform, or the flag that is missing.
      case AVAILABLE, WRONG_PLATFORM, DENIED -> cause;
    };
  }

  /**
   * What most likely helps, for the beginning of a line; of causes whose cure is no command.
   *
   * @return {@link #cure} with a capital
   */
  public String advice() {
    return Character.toUpperCase(cure.charAt(0)) + cure.substring(1);
  }

  /**
   * What is wrong.
   *
   * @return a clause
   */
  public String meaning() {
    return meaning;
  }

  /**
   * What most likely helps.
   *
   * @return a clause
   */
  public String cure() {
    return cure;
  }

  /** What is wrong, and what most likely helps. */
  @Override
  public String toString() {
    return meaning + ": " + cure;
  }
}
