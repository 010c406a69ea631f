package io.verbena.verbs;

/**
 * A port to work with, as {@link Device#choose} found it. Tables change: choose anew after {@link
 * AsyncEventType#GID_CHANGE} and {@link AsyncEventType#PKEY_CHANGE}. Immutable.
 *
 * @param device the adapter
 * @param port the port
 * @param gid the address to use: {@link QueuePair#address} takes its index
 * @param pkeyIndex the place of the partition key to use
 * @param reason why this one: a clause for people
 */
public record PortChoice(
    Device device, PortAttributes port, GidEntry gid, int pkeyIndex, String reason) {}
