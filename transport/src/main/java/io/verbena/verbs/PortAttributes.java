package io.verbena.verbs;

/**
 * A port as it was when it was asked; stands for {@code struct ibv_port_attr}, see {@code man
 * ibv_query_port}. Immutable.
 *
 * @param number the port, counted from 1
 * @param state the logical state
 * @param linkLayer what it speaks on the wire
 * @param maxMtuBytes the largest MTU that the port supports, in bytes
 * @param activeMtuBytes the MTU in effect, in bytes
 * @param maxMessageBytes the longest message, in bytes
 * @param lid the port's address in its InfiniBand subnet, 0 on Ethernet
 * @param lidMaskBits how many low bits of the LID the port answers to in any combination
 * @param smLid the LID of the subnet manager, 0 on Ethernet
 * @param gidTableLength the places in the GID table
 * @param pkeyTableLength the places in the partition key table
 * @param lanes the lanes in use, 0 if unknown
 * @param laneMegabitsPerSecond the signalling rate of one lane, 0 if unknown
 * @param routeHeaderRequired whether every packet needs a global route header ({@code
 *     IBV_QPF_GRH_REQUIRED})
 */
public record PortAttributes(
    int number,
    PortState state,
    LinkLayer linkLayer,
    int maxMtuBytes,
    int activeMtuBytes,
    long maxMessageBytes,
    int lid,
    int lidMaskBits,
    int smLid,
    int gidTableLength,
    int pkeyTableLength,
    int lanes,
    int laneMegabitsPerSecond,
    boolean routeHeaderRequired) {

  /**
   * The link's signalling rate.
   *
   * @return megabits per second over all lanes, 0 if unknown
   */
  public int megabitsPerSecond() {
    return lanes * laneMegabitsPerSecond;
  }

  static int lanes(int widthCode) {
    return switch (widthCode) {
      case 1 -> 1;
      case 2 -> 4;
      case 4 -> 8;
      case 8 -> 12;
      case 16 -> 2;
      default -> 0;
    };
  }

  static int laneMegabitsPerSecond(int speedCode) {
    return switch (speedCode) {
      case 1 -> 2_500;
      case 2 -> 5_000;
      case 4, 8 -> 10_000;
      case 16 -> 14_000;
      case 32 -> 25_000;
      case 64 -> 50_000;
      case 128 -> 100_000;
      default -> 0;
    };
  }
}
