package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The simulator's own collections against those of the JDK. */
class MailboxesTest {
  @Test
  void shouldMatchMessagesWithReceivesInTheirOrder() {
    Mailboxes mailboxes = new Mailboxes();
    Map<Long, ArrayDeque<Double>> messages = new HashMap<>();
    Map<Long, Integer> waiting = new HashMap<>();
    Random random = new Random(7);
    int early = 0;
    for (int i = 0; i < 200_000; i++) {
      // The range of ranks breathes, so that the table grows, and empties by removals.
      int range = 2 + (i / 20_000 % 2 == 0 ? 60 : 3);
      long pair = Mailboxes.pair(random.nextInt(range), random.nextInt(range));
      ArrayDeque<Double> there = messages.computeIfAbsent(pair, p -> new ArrayDeque<>());
      int waits = waiting.getOrDefault(pair, 0);
      if (random.nextBoolean()) {
        double time = mailboxes.receive(pair);
        if (there.isEmpty()) {
          assertTrue(Double.isNaN(time));
          waiting.put(pair, waits + 1);
        } else {
          early++;
          assertEquals(there.remove(), time);
        }
      } else {
        assertEquals(waits > 0, mailboxes.deliver(pair, i));
        if (waits > 0) {
          waiting.put(pair, waits - 1);
        } else {
          there.add((double) i);
        }
      }
    }
    long used =
        messages.values().stream().filter(m -> !m.isEmpty()).count()
            + waiting.values().stream().filter(w -> w > 0).count();
    assertEquals(used, mailboxes.size());
    assertTrue(early > 1000 && used > 1000, early + " early, " + used + " pairs");
  }

  @Test
  void shouldGiveArrivalsByTimeAndThenByOrder() {
    record Arrival(double time, long pair, long bytes) {}
    ArrivalQueue arrivals = new ArrivalQueue();
    PriorityQueue<Arrival> expected =
        new PriorityQueue<>(
            (a, b) ->
                a.time() != b.time()
                    ? Double.compare(a.time(), b.time())
                    : Long.compare(a.bytes(), b.bytes()));
    Random random = new Random(8);
    for (int i = 0; i < 100_000; i++) {
      if (random.nextInt(5) < 3) {
        Arrival arrival = new Arrival(random.nextInt(300), random.nextLong(), i);
        arrivals.add(arrival.time(), arrival.pair(), arrival.bytes());
        expected.add(arrival);
      } else if (!expected.isEmpty()) {
        assertEquals(
            expected.remove(),
            new Arrival(arrivals.firstTime(), arrivals.firstPair(), arrivals.firstBytes()));
        arrivals.removeFirst();
      }
    }
    while (!expected.isEmpty()) {
      assertEquals(
          expected.remove(),
          new Arrival(arrivals.firstTime(), arrivals.firstPair(), arrivals.firstBytes()));
      arrivals.removeFirst();
    }
    assertTrue(arrivals.isEmpty());
  }
}
