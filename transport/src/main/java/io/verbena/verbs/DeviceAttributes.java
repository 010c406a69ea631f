package io.verbena.verbs;

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
 * @param capabilityFlags the bits of {@code enum ibv_device_cap_flags}
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
    int capabilityFlags) {

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
