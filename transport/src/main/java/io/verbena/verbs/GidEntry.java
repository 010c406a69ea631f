package io.verbena.verbs;

/**
 * One entry of a port's GID table, as it was when it was read; stands for {@code struct
 * ibv_gid_entry}, see {@code man ibv_query_gid_ex}. Immutable.
 *
 * @param index the entry's place in the table, as {@link QueuePair#address} takes it
 * @param gid the address
 * @param type the protocol that this entry sends with
 * @param interfaceIndex the number of the network interface behind it, 0 if there is none
 */
public record GidEntry(int index, Gid gid, GidType type, int interfaceIndex) {}
