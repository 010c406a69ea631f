package io.verbena;

/**
 * What a transport has done so far; a snapshot.
 *
 * @param openEndpoints endpoints that are not closed
 * @param endpoints endpoints that were made
 * @param traffic of all endpoints together, closed ones included
 * @param foreignBuffersCopied long messages that lay outside of the transport's {@linkplain
 *     Transport#allocator allocator}, so that they were copied before an adapter could reach them
 * @param foreignBytesCopied their bytes
 */
public record TransportCounters(
    int openEndpoints,
    long endpoints,
    EndpointCounters traffic,
    long foreignBuffersCopied,
    long foreignBytesCopied) {}
