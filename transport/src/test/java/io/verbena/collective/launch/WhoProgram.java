package io.verbena.collective.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;

/** Says who it is and who the others are; the rank that is given as an argument does not come. */
final class WhoProgram {
  private WhoProgram() {}

  public static void main(String[] arguments) throws Exception {
    int absent = arguments.length == 0 ? -1 : Integer.parseInt(arguments[0]);
    try (Job job = Launch.join(System.getenv(), Duration.ofSeconds(60))) {
      if (job.rank() == absent) {
        // Until the launcher ends it, because the others fail.
        Thread.sleep(Duration.ofSeconds(60));
        return;
      }
      job.exchange(
          ("value of " + job.rank()).getBytes(UTF_8), Duration.ofSeconds(absent < 0 ? 60 : 8));
      var values = new StringBuilder();
      for (int rank = 0; rank < job.size(); rank++) {
        values.append("; ").append(new String(job.valueOf(rank), UTF_8));
      }
      // In one piece: the launchers mix what the processes write.
      System.out.println("%s %d of %d%s".formatted(job.launcher(), job.rank(), job.size(), values));
    } catch (LaunchException e) {
      System.out.println("missing " + e.missing() + ": " + e.getMessage());
      System.exit(1);
    }
  }
}
