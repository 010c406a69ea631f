package io.verbena.collective.launch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaunchTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static String complaint(Map<String, String> environment) {
    return String.valueOf(
        assertThrows(LaunchException.class, () -> Launch.join(environment, TIMEOUT).close())
            .getMessage());
  }

  @Test
  void shouldBeAloneWithoutALauncher() throws Exception {
    try (Job job = Launch.join(Map.of("HOME", "/root"), TIMEOUT)) {
      assertEquals(1, job.size());
      assertEquals(0, job.rank());
      job.exchange(new byte[] {1, 2}, TIMEOUT);
      assertArrayEquals(new byte[] {1, 2}, job.valueOf(0));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3 | 3 | 127.0.0.1:5 | VERBENA_RANK is 3, and VERBENA_SIZE only 3",
        "-1 | 3 | 127.0.0.1:5 | VERBENA_RANK is '-1', not a number from 0 on",
        "x | 3 | 127.0.0.1:5 | VERBENA_RANK is 'x', not a number from 0 on",
        "0 | 0 | 127.0.0.1:5 | VERBENA_SIZE is '0', not a number from 1 on",
        "0 | 99999999999 | 127.0.0.1:5 | VERBENA_SIZE is '99999999999', not a number from 1 on",
        "0 | 2000000000 | 127.0.0.1:5 | VERBENA_SIZE is 2000000000, at most 1048576 can be",
        "0 | 1 | nowhere | VERBENA_RENDEZVOUS is 'nowhere', not HOST:PORT",
        "0 | 1 | host:0 | VERBENA_RENDEZVOUS is 'host:0', not HOST:PORT",
        "0 | 1 | :5 | VERBENA_RENDEZVOUS is ':5', not HOST:PORT",
        "0 | 1 | host:70000 | VERBENA_RENDEZVOUS is 'host:70000', not HOST:PORT",
      })
  void shouldNameWhatIsWrongInTheEnvironment(
      String rank, String size, String address, String message) {
    assertEquals(
        message,
        complaint(
            Map.of("VERBENA_RANK", rank, "VERBENA_SIZE", size, "VERBENA_RENDEZVOUS", address)));
  }

  @Test
  void shouldNameWhatIsMissing() {
    assertEquals("VERBENA_SIZE is not set", complaint(Map.of("VERBENA_RANK", "0")));
    assertEquals(
        "VERBENA_RANK is set, and VERBENA_RENDEZVOUS is not: give all processes the address"
            + " (HOST:PORT) at which rank 0 is to wait for them",
        complaint(Map.of("VERBENA_RANK", "0", "VERBENA_SIZE", "2")));
    assertEquals("PMI_RANK is not set", complaint(Map.of("PMI_FD", "1000000", "PMI_SIZE", "2")));
  }

  @Test
  void shouldSayThatTheDescriptorOfTheLauncherIsGone() {
    assertEquals(
        "PMI-1 of the launcher failed: write on PMI_FD=1000000 failed: EBADF (9, Bad file"
            + " descriptor)",
        complaint(Map.of("PMI_FD", "1000000", "PMI_RANK", "0", "PMI_SIZE", "2")));
  }

  @Test
  void shouldNotRunTasksOfSlurmAsIfEachWereAlone() {
    assertEquals(
        "this is one of 4 tasks of srun, which tells them nothing of each other: start them with"
            + " srun --mpi=pmix or srun --mpi=pmi2 (srun --mpi=list says what there is)",
        complaint(Map.of("SLURM_STEP_NUM_TASKS", "4")));
  }

  @Test
  void shouldReadTheWordsOfPmi() {
    assertEquals(
        Map.of("cmd", "get_result", "rc", "-1", "msg", "key_not_found", "value", "a=b"),
        PmiWire.words("cmd=get_result rc=-1  msg=key_not_found value=a=b extra =odd"));
    assertEquals(Map.of(), PmiWire.words(""));
  }

  @Test
  void shouldNotNameThousands() {
    assertEquals("rank 3", LaunchException.names(List.of(3)));
    assertEquals(
        "ranks 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 80 more",
        LaunchException.names(IntStream.range(0, 100).boxed().toList()));
  }
}
