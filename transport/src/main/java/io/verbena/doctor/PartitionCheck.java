package io.verbena.doctor;

import io.verbena.lane.rdma.RdmaPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which partitions the port is in: InfiniBand's VLANs. */
final class PartitionCheck implements Check {
  private static final int FULL_MEMBER = 0x8000;
  private static final int PARTITION = 0x7fff;

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("partition-keys", "Partition keys");
    Optional<RdmaPort> looked = host.mainPort();
    if (looked.isEmpty()) {
      return notes.notApplicable("There is no port that could be in a partition.");
    }
    RdmaPort port = looked.get();
    List<String> keys = new ArrayList<>();
    boolean full = false;
    for (int i = 0; i < port.pkeys().size(); i++) {
      int pkey = port.pkeys().get(i);
      if ((pkey & PARTITION) != 0) {
        boolean member = (pkey & FULL_MEMBER) != 0;
        full |= member;
        keys.add("0x%04x (%s)".formatted(pkey, member ? "full member" : "limited member"));
        notes.saw("%s/pkeys/%d".formatted(RdmaNode.folder(port), i), "0x%04x".formatted(pkey));
      }
    }
    if (keys.isEmpty()) {
      notes.saw(RdmaNode.folder(port) + "/pkeys", "(none but zero)");
      return notes.finding(
          host.choice().isPresent() ? Severity.WARN : Severity.FAIL,
          "The port %s is in no partition.".formatted(port.place()),
          host.platform().azure()
              ? "Restart the virtual machine: Azure gives the keys."
              : "Have the subnet manager put this port into a partition.");
    }
    String words = "The port %s is in %s.".formatted(port.place(), String.join(", ", keys));
    if (!full) {
      return notes.warn(
          words + " Limited members talk to full members only.",
          "Have the subnet manager make this port a full member, or use full members as peers.");
    }
    return notes.ok(
        host.platform().azure() && !port.isEthernet()
            ? words
                + " Machines in Azure talk only inside one scale set or availability set:"
                + " between others sends end with \"transport retry counter exceeded\"."
            : words);
  }
}
