package io.verbena.verbs;

import java.util.Set;

/**
 * What an adapter can do; stands for {@code struct ibv_device_attr}, see {@code man
 * ibv_query_device}. Limits are upper bounds: a combination may be refused all the same. Immutable.
 *
 * @param firmwareVersion the firmware's own text, may be empty
 * @param nodeGuid the node's identity, in host order
 * @param systemImageGuid shared by the nodes of one system, in host order
 * @param vendorId the vendor's number
 * @param vendorPartId the vendor's number for the model
 * @param hardwareVersion the vendor's number for the revision
 * @param portCount the physical ports, numbered from 1
 * @param maxRegionBytes the longest memory region, in bytes
 * @param maxQueuePairs queue pairs of this adapter
 * @param maxQueueDepth outstanding requests of one send or receive queue
 * @param maxElements scatter-gather elements of one request
 * @param maxReadElements scatter-gather elements of one remote read where that is another number
 * @param maxCompletionQueues completion queues of this adapter
 * @param maxCompletionEntries entries of one completion queue
 * @param maxRegions memory regions of this adapter
 * @param maxDomains protection domains of this adapter
 * @param maxReadAtomic reads and atomics that one queue pair serves at a time
 * @param maxInitiatedReadAtomic reads and atomics that one queue pair has under way at a time
 * @param atomicity who sees 64-bit atomics as atomic
 * @param maxSharedReceiveQueues shared receive queues of this adapter
 * @param maxPkeys partition keys of one port
 * @param capabilityFlags the bits of {@code enum ibv_device_cap_flags}, see {@link #capabilities}
 * @param pageSizes a bit for each page size: bit 12 for 4 KiB
 * @param maxServedReadAtomic reads and atomics that the adapter serves at a time, over all queue
 *     pairs
 * @param maxMemoryWindows memory windows of this adapter
 * @param maxAddressHandles address handles of this adapter
 * @param maxMulticastGroups multicast groups of this adapter
 * @param maxMulticastPairs queue pairs of one multicast group
 * @param maxMulticastAttachments queue pairs of all multicast groups
 * @param maxSharedReceiveDepth outstanding receives of one shared receive queue
 * @param maxSharedReceiveElements scatter-gather elements of one of its receives
 * @param acknowledgeDelayCode how long the adapter takes to acknowledge, see {@link
 *     #acknowledgeDelayNanos}
 */
public record DeviceAttributes(
    String firmwareVersion,
    long nodeGuid,
    long systemImageGuid,
    int vendorId,
    int vendorPartId,
    int hardwareVersion,
    int portCount,
    long maxRegionBytes,
    int maxQueuePairs,
    int maxQueueDepth,
    int maxElements,
    int maxReadElements,
    int maxCompletionQueues,
    int maxCompletionEntries,
    int maxRegions,
    int maxDomains,
    int maxReadAtomic,
    int maxInitiatedReadAtomic,
    Atomicity atomicity,
    int maxSharedReceiveQueues,
    int maxPkeys,
    int capabilityFlags,
    long pageSizes,
    int maxServedReadAtomic,
    int maxMemoryWindows,
    int maxAddressHandles,
    int maxMulticastGroups,
    int maxMulticastPairs,
    int maxMulticastAttachments,
    int maxSharedReceiveDepth,
    int maxSharedReceiveElements,
    int acknowledgeDelayCode) {

  /**
   * What the adapter has of the optional things that {@link #capabilityFlags} knows.
   *
   * @return an immutable set
   */
  public Set<DeviceCapability> capabilities() {
    return DeviceCapability.of(capabilityFlags);
  }

  /**
   * The longest that the adapter takes from a packet's arrival to its acknowledgement.
   *
   * @return nanoseconds
   */
  public long acknowledgeDelayNanos() {
    return 4096L << Math.min(acknowledgeDelayCode, 31);
  }

  /** Who sees 64-bit atomics as atomic; stands for {@code enum ibv_atomic_cap}. */
  public enum Atomicity {
    /** The adapter has no atomics. */
    NONE,
    /** Atomic with respect to other operations through the same adapter. */
    ADAPTER,
    /** Atomic with respect to the processor and to other adapters too. */
    GLOBAL;

    static Atomicity of(int code) {
      return code == 1 ? ADAPTER : code == 2 ? GLOBAL : NONE;
    }
  }
}
