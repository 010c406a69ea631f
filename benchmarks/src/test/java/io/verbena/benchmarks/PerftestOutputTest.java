package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PerftestOutputTest {
  private static final String LATENCY =
      """
       Mtu             : 4096[B]
       Max inline data : 236[B]
      ---------------------------------------------------------------------------------------
       #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]    t_stdev[usec]   99% percentile[usec]   99.9% percentile[usec]
       8       4000          15.52          4091.28      15.87    	       17.26       	36.33  		24.74   		476.18
      ---------------------------------------------------------------------------------------
      """;

  private static final String BANDWIDTH =
      """
       Max inline data : 0[B]
       #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]
       65536      800              0.00               111.13		   0.001778
      """;

  @Test
  void shouldTakeMedianMeanAndPercentileOfALatencyProgram() throws IOException {
    Perftest.Output output = new Perftest.Output("ib_atomic_lat", LATENCY);

    assertEquals(new Latencies(15.87, 17.26, 24.74), output.latencies());
    assertEquals(236, output.inlineBytes());
    assertTrue(output.numbers().startsWith("8 "));
  }

  @Test
  void shouldTakeTheAverageOfABandwidthProgramAndNotThePeak() throws IOException {
    Perftest.Output output = new Perftest.Output("ib_write_bw", BANDWIDTH);

    assertEquals(111.13, output.mebibytesPerSecond());
    assertEquals(1778, output.messagesPerSecond(), 1e-6);
    assertEquals(0, output.inlineBytes());
  }

  @Test
  void shouldSayWhatAProgramPrintedInsteadOfAResult() {
    Perftest.Output output = new Perftest.Output("ib_send_lat", "Couldn't connect to 127.0.0.1");

    IOException failure = assertThrows(IOException.class, output::latencies);

    assertTrue(failure.getMessage().contains("Couldn't connect to 127.0.0.1"), failure::getMessage);
  }
}
