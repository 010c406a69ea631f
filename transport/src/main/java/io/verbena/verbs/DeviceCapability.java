package io.verbena.verbs;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What an adapter may have; stands for {@code enum ibv_device_cap_flags}. */
public enum DeviceCapability {
  /** Queue pairs can change their depth. */
  RESIZE_QUEUE_PAIR(0),
  /** Ports count packets with a wrong partition key. */
  BAD_PKEY_COUNTER(1),
  /** Ports count packets with a wrong queue key. */
  BAD_QUEUE_KEY_COUNTER(2),
  /** Raw packets can be multicast. */
  RAW_MULTICAST(3),
  /** Connections move to an alternate path by themselves. */
  AUTOMATIC_PATH_MIGRATION(4),
  /** A queue pair can change its port. */
  CHANGE_PHYSICAL_PORT(5),
  /** A datagram's address handle must name the queue pair's port. */
  DATAGRAM_PORT_ENFORCED(6),
  /** A transition can name the state that it starts from. */
  CURRENT_STATE_MODIFIER(7),
  /** Ports can be shut down. */
  SHUTDOWN_PORT(8),
  /** Ports can be given an initialisation type. */
  INITIALISATION_TYPE(9),
  /** Ports that become active are reported, see {@link AsyncEventType#PORT_ACTIVE}. */
  PORT_ACTIVE_EVENT(10),
  /** The adapter has a system image GUID. */
  SYSTEM_IMAGE_GUID(11),
  /** Reliable connections answer "receiver not ready". */
  RECEIVER_NOT_READY(12),
  /** Shared receive queues can change their depth. */
  RESIZE_SHARED_RECEIVE_QUEUE(13),
  /** Completion queues can ask for an event after several completions. */
  NOTIFY_AFTER_SEVERAL(14),
  /** Memory windows, of type 1 at least. */
  MEMORY_WINDOW(17),
  /** Checksums of datagrams over IP. */
  DATAGRAM_CHECKSUM(18),
  /** Extended reliable connections. */
  EXTENDED_RELIABLE(20),
  /** Fast registration and local invalidation. */
  MEMORY_MANAGEMENT(21),
  /** Memory windows of type 2A. */
  MEMORY_WINDOW_TYPE_2A(23),
  /** Memory windows of type 2B. */
  MEMORY_WINDOW_TYPE_2B(24),
  /** Checksums of reliable connections over IP. */
  RELIABLE_CHECKSUM(25),
  /** Checksums of raw packets. */
  RAW_CHECKSUM(26),
  /** Flow steering. */
  FLOW_STEERING(29);

  private final int bit;

  DeviceCapability(int bit) {
    this.bit = bit;
  }

  static Set<DeviceCapability> of(int flags) {
    Set<DeviceCapability> found = EnumSet.noneOf(DeviceCapability.class);
    for (DeviceCapability capability : values()) {
      if ((flags & 1 << capability.bit) != 0) {
        found.add(capability);
      }
    }
    return Collections.unmodifiableSet(found);
  }
}
