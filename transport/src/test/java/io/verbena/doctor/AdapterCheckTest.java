package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as an adapter for RDMA, and what is said where there is none. */
class AdapterCheckTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "Standard_HB120rs_v3, true",
    "Standard_HC44rs, true",
    "Standard_HX176-24rs, true",
    "Standard_ND96isr_H100_v5, true",
    "Standard_ND96asr_v4, true",
    "Standard_NC24rs_v3, true",
    "Standard_H16mr, true",
    "Standard_A8, true",
    "Standard_NC24r_Promo, true",
    "Standard_D4s_v5, false",
    "Standard_NC24s_v3, false",
    "Standard_E64-16s_v3, false",
    "nonsense, ''",
    "'', ''"
  })
  void shouldKnowRdmaCapableSizes(String size, String capable) {
    assertEquals(
        capable.isEmpty() ? Optional.empty() : Optional.of(Boolean.valueOf(capable)),
        AdapterCheck.isRdmaCapable(size));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Standard_D4s_v5 | Standard_D4s_v5 is not an RDMA-capable size | Choose an RDMA-capable",
        "Standard_HB120rs_v3 | Standard_HB120rs_v3 has RDMA, but there is no adapter | Deallocate",
        "Standard_H16mr | The size Standard_H16mr has RDMA by NetworkDirect without SR-IOV | Choose an"
            + " RDMA-capable size with SR-IOV",
      })
  void shouldTakeTheCloudsWordForTheSize(String size, String message, String cure)
      throws IOException {
    var metadata = new InstanceMetadata("http://cloud", size, "");
    DoctorOptions options =
        DoctorOptions.defaults()
            .withRoot(MachineTree.of(folder, "azure").root())
            .withMetadata(metadata);
    Diagnosis diagnosis = Doctor.examine(options);
    shouldBe(MachineTree.finding(diagnosis, "adapter"), Severity.FAIL, message, cure);
    assertTrue(
        MachineTree.finding(diagnosis, "platform")
            .evidence()
            .contains(new Evidence("http://cloud", size)));
  }

  @Test
  void shouldAdviseToAddASoftRoceDevice() throws IOException {
    shouldBe(
        MachineTree.of(folder, "linux")
            .apply("/sys/module/rdma_rxe/initstate = live")
            .finding("adapter"),
        Severity.FAIL,
        "soft-RoCE, which is loaded, has no device",
        "rdma link add rxe0 type rxe netdev eth0");
  }

  @ParameterizedTest
  @CsvSource({
    "0x8086, ice, Intel Ethernet, irdma",
    "0x14e4, bnxt_en, Broadcom Ethernet, bnxt_re",
    "0x1077, qede, Ethernet, qedr"
  })
  void shouldSeeEthernetAdaptersWhoseDriversHaveAPartForRdma(
      String vendor, String driver, String kind, String module) throws IOException {
    String function = "/sys/bus/pci/devices/0000:3b:00.0";
    MachineTree tree = MachineTree.of(folder, "linux").apply(function + "/vendor = " + vendor);
    tree.apply(function + "/class = 0x020000").apply(function + "/device = 0x1593");
    shouldBe(tree.finding("adapter"), Severity.FAIL, "This machine has no RDMA adapter", "Use a");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/" + driver);
    shouldBe(tree.finding("adapter"), Severity.OK, kind + " at 0000:3b:00.0", "");
    shouldBe(
        tree.finding("driver"),
        Severity.FAIL,
        "The %s adapter at 0000:3b:00.0 has the driver %s, but is no RDMA device."
            .formatted(kind, driver),
        "modprobe -a %s ib_uverbs rdma_ucm # if there are".formatted(module));
    tree.apply("/sys/module/" + module + "/initstate = live");
    String without =
        "The %s adapter at 0000:3b:00.0 has no RDMA, or it is switched off in its firmware."
            .formatted(kind);
    shouldBe(tree.finding("adapter"), Severity.FAIL, without, "devlink dev param show pci/0000:3b");
    shouldBe(tree.finding("driver"), Severity.FAIL, without, "else use an adapter that has");
    // Another one that wants its module only comes first.
    String other = "/sys/bus/pci/devices/0000:af:00.0";
    tree.apply(other + "/vendor = 0x15b3").apply(other + "/device = 0x1017");
    tree.apply(other + "/class = 0x020000");
    assertEquals(Severity.OK, tree.finding("adapter").severity());
    shouldBe(tree.finding("driver"), Severity.FAIL, "at 0000:af:00.0 has no driver", "mlx5_ib");
  }

  @Test
  void shouldTakeSoftRoceOverAnAdapterWithoutRdma() throws IOException {
    String function = "/sys/bus/pci/devices/0000:3b:00.0";
    MachineTree tree = MachineTree.of(folder, "soft-roce").apply(function + "/vendor = 0x14e4");
    tree.apply(function + "/class = 0x020000").apply(function + "/device = 0x165f");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/bnxt_en");
    tree.apply("/sys/module/bnxt_re/initstate = live");
    shouldBe(tree.finding("adapter"), Severity.OK, "in software, which needs no adapter", "");
    shouldBe(tree.finding("driver"), Severity.OK, "the Ethernet adapter at 0000:3b:00.0", "");
  }
}
