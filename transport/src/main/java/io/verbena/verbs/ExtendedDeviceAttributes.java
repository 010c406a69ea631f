package io.verbena.verbs;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an adapter can do beyond {@link DeviceAttributes}; stands for {@code struct
 * ibv_device_attr_ex}, see {@code man ibv_query_device_ex}. A provider that does not know of
 * something reports it as absent. Immutable.
 *
 * @param base what {@link Context#attributes} gives
 * @param onDemandPaging whether memory can be registered without pinning it
 * @param completionTimestampMask the bits of a completion's timestamp that count; 0 if completions
 *     have none
 * @param clockKilohertz the frequency of the adapter's clock, 0 if unknown
 * @param segmentation sending of large packets in pieces
 * @param hashing distribution of received packets
 * @param maxReceiveWorkQueues work queues of type receive, 0 if the adapter has none
 * @param pacing limits on the rate of sending
 * @param rawPacketCapabilities the bits of {@code enum ibv_raw_packet_caps}
 * @param tagMatching matching of tagged messages by the adapter
 * @param moderation batching of completion events
 * @param deviceMemoryBytes memory on the adapter that can be allocated, in bytes; 0 for none
 * @param pciAtomics sizes of atomics over PCI
 * @param physicalPorts the physical ports; counts more than 255, too
 */
public record ExtendedDeviceAttributes(
    DeviceAttributes base,
    OnDemandPaging onDemandPaging,
    long completionTimestampMask,
    long clockKilohertz,
    Segmentation segmentation,
    Hashing hashing,
    int maxReceiveWorkQueues,
    Pacing pacing,
    int rawPacketCapabilities,
    TagMatching tagMatching,
    Moderation moderation,
    long deviceMemoryBytes,
    PciAtomics pciAtomics,
    int physicalPorts) {

  /** Which operations may touch memory that is not pinned. */
  public enum PagedOperation {
    /** Sends from it. */
    SEND(1),
    /** Receives into it. */
    RECEIVE(1 << 1),
    /** Remote writes. */
    WRITE(1 << 2),
    /** Remote reads. */
    READ(1 << 3),
    /** Remote atomics. */
    ATOMIC(1 << 4),
    /** Receives of a shared receive queue into it. */
    SHARED_RECEIVE(1 << 5);

    private final int flag;

    PagedOperation(int flag) {
      this.flag = flag;
    }

    static Set<PagedOperation> of(int flags) {
      return Stream.of(values())
          .filter(operation -> (flags & operation.flag) != 0)
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  /**
   * Registration without pinning; stands for {@code struct ibv_odp_caps}.
   *
   * @param supported whether there is any, see {@link Access#ON_DEMAND}
   * @param implicit whether the whole address space can be one region
   * @param reliable the operations of reliable connections
   * @param unreliable the operations of unreliable connections
   * @param datagram the operations of datagrams
   * @param extendedReliable the operations of extended reliable connections
   */
  public record OnDemandPaging(
      boolean supported,
      boolean implicit,
      Set<PagedOperation> reliable,
      Set<PagedOperation> unreliable,
      Set<PagedOperation> datagram,
      Set<PagedOperation> extendedReliable) {}

  /**
   * Sending of large packets in pieces; stands for {@code struct ibv_tso_caps}.
   *
   * @param maxBytes the largest packet, 0 for none
   * @param pairTypes a bit for each {@code enum ibv_qp_type} that can
   */
  public record Segmentation(int maxBytes, int pairTypes) {}

  /**
   * Distribution of received packets; stands for {@code struct ibv_rss_caps}.
   *
   * @param pairTypes a bit for each {@code enum ibv_qp_type} that can
   * @param maxTables the indirection tables, 0 for none
   * @param maxTableEntries the entries of one table
   * @param fields the bits of {@code enum ibv_rx_hash_fields}
   * @param functions the bits of {@code enum ibv_rx_hash_function_flags}
   */
  public record Hashing(
      int pairTypes, int maxTables, int maxTableEntries, long fields, int functions) {}

  /**
   * Limits on the rate of sending; stands for {@code struct ibv_packet_pacing_caps}.
   *
   * @param minKilobitsPerSecond the lowest limit
   * @param maxKilobitsPerSecond the highest limit, 0 for none
   * @param pairTypes a bit for each {@code enum ibv_qp_type} that can
   */
  public record Pacing(long minKilobitsPerSecond, long maxKilobitsPerSecond, int pairTypes) {}

  /**
   * Matching of tagged messages; stands for {@code struct ibv_tm_caps}.
   *
   * @param maxRendezvousHeaderBytes the longest header of a rendezvous request
   * @param maxTags the tagged buffers of one list, 0 for none
   * @param flags the bits of {@code enum ibv_tm_cap_flags}
   * @param maxOperations outstanding changes of the list
   * @param maxElements scatter-gather elements of one tagged buffer
   */
  public record TagMatching(
      int maxRendezvousHeaderBytes, int maxTags, int flags, int maxOperations, int maxElements) {}

  /**
   * Batching of completion events; stands for {@code struct ibv_cq_moderation_caps}.
   *
   * @param maxCompletions the most completions that one event can stand for, 0 if there is no
   *     batching
   * @param maxMicros the longest that an event can be held back, in microseconds
   */
  public record Moderation(int maxCompletions, int maxMicros) {}

  /**
   * Sizes of atomics over PCI; stands for {@code struct ibv_pci_atomic_caps}: bit 0 is for 4 bytes,
   * bit 1 for 8, bit 2 for 16.
   *
   * @param fetchAndAdd the sizes of fetch-and-add
   * @param swap the sizes of swap
   * @param compareAndSwap the sizes of compare-and-swap
   */
  public record PciAtomics(int fetchAndAdd, int swap, int compareAndSwap) {}
}
