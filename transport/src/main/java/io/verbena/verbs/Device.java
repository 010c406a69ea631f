package io.verbena.verbs;

import io.verbena.cause.Cause;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.Native;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_device;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An RDMA adapter that was found on this machine; stands for {@code struct ibv_device}, see {@code
 * man ibv_get_device_list}. A plain value that holds nothing open: {@link #open} looks for the name
 * again.
 *
 * @param name the kernel's name for it, for example {@code mlx5_0} or {@code rxe0}
 * @param guid its identity, in host order
 * @param nodeType what kind of adapter it is
 * @param transportType which protocol family it speaks
 */
public record Device(String name, long guid, NodeType nodeType, TransportType transportType) {
  private static final Path SYSFS = Path.of("/sys/class/infiniband");

  /**
   * Lists the adapters of this machine, in the library's order.
   *
   * @return the adapters, may be none
   * @throws VerbsException if RDMA cannot be used: the library is missing, native access is denied,
   *     or the kernel has no support loaded; the message is the reason
   */
  public static List<Device> list() throws VerbsException {
    String cause = Cause.of(Native.LIBIBVERBS);
    if (cause != null) {
      throw VerbsException.unavailable(cause);
    }
    try (Arena arena = Arena.ofConfined();
        DeviceList devices = new DeviceList(arena)) {
      List<Device> found = new ArrayList<>();
      for (MemorySegment device : devices.handles()) {
        found.add(DeviceList.describe(device));
      }
      return List.copyOf(found);
    }
  }

  /**
   * Finds an adapter by its name.
   *
   * @param name the kernel's name for it
   * @return the adapter
   * @throws VerbsException if there is none of that name: says which there are; or if RDMA cannot
   *     be used
   */
  public static Device named(String name) throws VerbsException {
    List<Device> devices = list();
    for (Device device : devices) {
      if (device.name.equals(name)) {
        return device;
      }
    }
    throw absent(name, devices.stream().map(Device::name).toList());
  }

  /**
   * Opens the adapter; see {@code man ibv_open_device}.
   *
   * @return a context to close after use
   * @throws VerbsException if the adapter is gone or may not be opened
   */
  public Context open() throws VerbsException {
    String cause = Cause.of(Native.LIBIBVERBS);
    if (cause != null) {
      throw VerbsException.unavailable(cause);
    }
    try (Arena arena = Arena.ofConfined();
        DeviceList devices = new DeviceList(arena)) {
      for (MemorySegment device : devices.handles()) {
        if (DeviceList.name(device).equals(name)) {
          Forks.prepare();
          MemorySegment capture = ErrnoCalls.capture(arena);
          MemorySegment context = ErrnoCalls.openDevice(capture, device);
          if (context.address() == 0) {
            throw VerbsException.of("ibv_open_device", name, ErrnoCalls.errno(capture));
          }
          return new Context(this, context);
        }
      }
      throw absent(name, devices.handles().stream().map(DeviceList::name).toList());
    }
  }

  /**
   * Chooses a port of this machine's adapters: never the first one by habit.
   *
   * @param wishes what it must be like
   * @return the best port that fits, with the address to use and the reason
   * @throws VerbsException if none fits: says for each why; or if RDMA cannot be used. The message
   *     is a clause that completes "no RDMA: ..."
   */
  public static PortChoice choose(PortWishes wishes) throws VerbsException {
    String wanted = wishes.device();
    return PortSurvey.of(wanted == null ? list() : List.of(named(wanted))).choose(wishes);
  }

  /**
   * The memory node that the adapter is attached to: threads and memory near it are faster.
   *
   * @return the number of the node; -1 if the machine has but one, or nobody knows
   */
  public int numaNode() {
    try {
      return Integer.parseInt(
          Files.readString(SYSFS.resolve(name).resolve("device/numa_node")).trim());
    } catch (IOException | NumberFormatException e) {
      // Devices without a bus, soft-RoCE among them, have no such file.
      return -1;
    }
  }

  /**
   * For messages.
   *
   * @return for example {@code rxe0 (guid 5054:00ff:fe77:0001)}
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name).append(" (guid ");
    for (int shift = 48; shift >= 0; shift -= 16) {
      text.append("%04x".formatted(guid >>> shift & 0xffff)).append(shift == 0 ? ')' : ':');
    }
    return text.toString();
  }

  private static VerbsException absent(String name, List<String> present) {
    return VerbsException.unavailable(
        "there is no RDMA device "
            + name
            + " here: "
            + (present.isEmpty()
                ? "this machine has none: " + Cause.NO_DEVICE.cure()
                : present.stream().collect(Collectors.joining(", ", "choose from ", ""))));
  }

  /** The library's list, for as long as the pointers in it are needed. */
  private static final class DeviceList implements AutoCloseable {
    private final MemorySegment list;
    private final List<MemorySegment> handles = new ArrayList<>();

    DeviceList(Arena arena) throws VerbsException {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      list = ErrnoCalls.getDeviceList(capture, count);
      if (list.address() == 0) {
        int errno = ErrnoCalls.errno(capture);
        throw errno == Cures.ENOSYS
            ? VerbsException.unavailable(Cause.KERNEL_SUPPORT.toString())
            : VerbsException.of("ibv_get_device_list", "", errno);
      }
      for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
        handles.add(list.getAtIndex(Verbs.C_POINTER, i));
      }
    }

    List<MemorySegment> handles() {
      return handles;
    }

    static String name(MemorySegment device) {
      return Verbs.ibv_get_device_name(device).getString(0);
    }

    static Device describe(MemorySegment device) {
      return new Device(
          name(device),
          Long.reverseBytes(Verbs.ibv_get_device_guid(device)),
          NodeType.of(ibv_device.node_type(device)),
          TransportType.of(ibv_device.transport_type(device)));
    }

    @Override
    public void close() {
      Verbs.ibv_free_device_list(list);
    }
  }
}
