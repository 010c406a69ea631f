package io.verbena.doctor;

/**
 * What a cloud's metadata service has said about this virtual machine. The doctor asks nobody: who
 * wants this to count asks himself. Immutable.
 *
 * @param source whom: an address
 * @param machineSize the size of the virtual machine, as in {@code Standard_HB120rs_v3}; empty if
 *     there was no answer
 * @param problem why there was no answer; empty if there was one
 */
public record InstanceMetadata(String source, String machineSize, String problem) {}
