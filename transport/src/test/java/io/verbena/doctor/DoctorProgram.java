package io.verbena.doctor;

/** Says what the doctor says, a line for each finding; leaves with the status of the command. */
final class DoctorProgram {
  private DoctorProgram() {}

  /** Takes no arguments. */
  public static void main(String... args) {
    Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults());
    System.out.println(diagnosis.summary());
    for (Finding each : diagnosis.findings()) {
      System.out.printf(
          "%s %s: %s -> %s%n", each.severity(), each.check(), each.message(), each.cure());
      each.evidence().forEach(seen -> System.out.println("    " + seen));
    }
    System.exit(diagnosis.rdmaUsable() ? 0 : 1);
  }
}
