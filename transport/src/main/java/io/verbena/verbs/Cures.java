package io.verbena.verbs;

import io.verbena.cause.Cause;
import io.verbena.cause.LockedMemory;

/** What most likely helps against an errno of a verb; empty where there is nothing to say. */
final class Cures {
  // Linux on x86-64, as io.verbena.ffi.Errno has them; LibC's own need its class to be usable.
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int EBADF = 9;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EFAULT = 14;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int EMFILE = 24;
  static final int ENOTTY = 25;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;
  static final int ENETUNREACH = 101;
  static final int ETIMEDOUT = 110;
  static final int EHOSTUNREACH = 113;

  private static final String NO_XRC =
      "the device, or its driver, has no extended reliable connections (XRC): use RELIABLE queue"
          + " pairs that take from a shared receive queue";

  private static final String NO_WAY =
      "the peer's GID cannot be reached from the local one: choose another GID index";

  private Cures() {}

  /**
   * Whether the device is gone for good, rather than unwilling: uverbs has EIO for what was made
   * before its device was removed, drivers have it for a device that has failed, and a descriptor
   * that does not lead to a device any more has one of the others.
   */
  static boolean isEnd(int errno) {
    return switch (errno) {
      case EIO, ENXIO, EBADF, ENODEV, ENOTTY -> true;
      default -> false;
    };
  }

  static String of(String verb, int errno) {
    return switch (verb) {
      case "ibv_open_device" -> open(errno);
      case "ibv_reg_mr", "ibv_reg_mr_iova2" -> register(errno);
      case "ibv_create_comp_channel", "eventfd" -> errno == EMFILE ? Cause.OPEN_FILES.cure() : "";
      case "ibv_create_cq", "ibv_create_cq_ex", "ibv_resize_cq" ->
          switch (errno) {
            case EINVAL -> "the device's limit is Context.attributes().maxCompletionEntries()";
            case EOPNOTSUPP, ENOSYS -> "the device does not have this";
            case ENOMEM -> LockedMemory.cure() + "; or the device has no queue left";
            default -> "";
          };
      case "ibv_advise_mr" ->
          errno == EOPNOTSUPP || errno == ENOSYS
              ? "the device takes no advice: registered pages are pinned and need none"
              : "";
      case "ibv_query_rt_values_ex" ->
          errno == EOPNOTSUPP || errno == ENOSYS
              ? "the device has no clock that programs can read"
              : "";
      case "ibv_get_async_event" -> errno == EIO ? Cause.DEVICE_GONE.toString() : "";
      case "ibv_create_qp", "ibv_create_qp_ex" ->
          switch (errno) {
            case EINVAL ->
                "depths, elements or inline bytes are beyond the device, see Context.attributes()";
            case ENOMEM -> LockedMemory.cure() + "; or the device has no queue pair left";
            case EOPNOTSUPP -> "the device does not have this type of queue pair";
            default -> "";
          };
      case "ibv_create_srq" -> sharedQueue(errno, "the device has no shared receive queues");
      // Only those of XRC are created by it.
      case "ibv_create_srq_ex" -> sharedQueue(errno, NO_XRC);
      case "ibv_open_xrcd" ->
          switch (errno) {
            case ENOMEM -> "the device has no XRC domain left: close some";
            case EINVAL, ENOSYS, EOPNOTSUPP -> NO_XRC;
            default -> "";
          };
      case "ibv_alloc_mw" ->
          switch (errno) {
            case EINVAL, ENOSYS, EOPNOTSUPP -> "the device has no memory windows of this type";
            case ENOMEM -> "the device has no memory window left";
            default -> "";
          };
      case "ibv_dereg_mr", "ibv_dealloc_pd" ->
          "the device says that it is in use: close the context, which takes it along";
      case "ibv_bind_mw" ->
          errno == EINVAL ? "connect the queue pair first, and check the region's rights" : "";
      case "ibv_modify_qp" ->
          switch (errno) {
            case EINVAL -> "a value is out of the device's range, see Context.attributes()";
            case ETIMEDOUT, ENETUNREACH, EHOSTUNREACH -> NO_WAY;
            default -> "";
          };
      case "ibv_create_ah" ->
          switch (errno) {
            case EINVAL -> "the port, the GID index or the peer's GID is not one to send with";
            case ETIMEDOUT, ENETUNREACH, EHOSTUNREACH -> NO_WAY;
            default -> "";
          };
      case "ibv_post_send", "ibv_wr_complete", "ibv_post_recv", "ibv_post_srq_recv" ->
          switch (errno) {
            case EINVAL -> "connect the queue pair first; receives can be posted from INIT on";
            case ENOMEM -> "the device's queue is full: read completions first";
            default -> "";
          };
      default -> "";
    };
  }

  /** Of the receiving end of XRC, which has no depths, and is created by a verb of many uses. */
  static String ofReceivingXrc(int errno) {
    return switch (errno) {
      case EINVAL, ENOSYS, EOPNOTSUPP -> NO_XRC;
      case ENOMEM -> LockedMemory.cure() + "; or the device has no queue pair left";
      default -> "";
    };
  }

  private static String sharedQueue(int errno, String absent) {
    return switch (errno) {
      case EINVAL -> "depth or elements are beyond the device, see Context.attributes()";
      case ENOMEM -> LockedMemory.cure() + "; or the device has no queue left";
      case ENOSYS, EOPNOTSUPP -> absent;
      default -> "";
    };
  }

  private static String open(int errno) {
    return switch (errno) {
      // The library says ENOENT for a device file that may not be opened, too.
      case EACCES, EPERM, ENOENT -> Cause.VERBS_FILES.cure();
      case ENODEV, ENXIO -> Cause.KERNEL_SUPPORT.cure();
      case EMFILE -> Cause.OPEN_FILES.cure();
      default -> "";
    };
  }

  private static String register(int errno) {
    return switch (errno) {
      case ENOMEM -> LockedMemory.cure() + "; or the device has no region left";
      case EFAULT -> "the memory is not mapped, or not writable but registered with LOCAL_WRITE";
      case EINVAL -> "the device does not take this combination of access rights or this length";
      case EOPNOTSUPP -> "the device does not have one of the access rights";
      default -> "";
    };
  }
}
