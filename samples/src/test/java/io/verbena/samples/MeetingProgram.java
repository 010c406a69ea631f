package io.verbena.samples;

import io.verbena.collective.launch.Job;
import io.verbena.collective.launch.Launch;
import io.verbena.collective.launch.LaunchException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A rank of a job, that exchanges values with the others and says which it got. What it is told to
 * do instead: {@code stay RANK}: that rank does not come; {@code leave RANK}: it ends before.
 */
final class MeetingProgram {
  private MeetingProgram() {}

  public static void main(String[] arguments) throws Exception {
    int special = arguments.length == 0 ? -1 : Integer.parseInt(arguments[1]);
    try (Job job = Launch.join(System.getenv(), Duration.ofSeconds(60))) {
      if (job.rank() == special && arguments[0].equals("stay")) {
        Thread.sleep(Duration.ofMinutes(5));
      }
      if (job.rank() == special) {
        System.exit(7);
      }
      byte[] mine = ("value of " + job.rank()).getBytes(StandardCharsets.UTF_8);
      boolean complete = special < 0 || arguments[0].equals("leave");
      job.exchange(mine, Duration.ofSeconds(complete ? 100 : 8));
      var values = new StringBuilder();
      for (int rank = 0; rank < job.size(); rank++) {
        values.append("; ").append(new String(job.valueOf(rank), StandardCharsets.UTF_8));
      }
      System.out.println("%s %d of %d%s".formatted(job.launcher(), job.rank(), job.size(), values));
    } catch (LaunchException e) {
      System.out.println(e.getMessage());
      System.exit(4);
    }
  }
}
