package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceTableTest {
  private static final ChoiceTable DEFAULTS = ChoiceTable.defaults();

  private static Algorithm choose(Demand demand) {
    return DEFAULTS.choose(demand).algorithm();
  }

  @ParameterizedTest
  @CsvSource({
    "BARRIER, 3, 0, BARRIER_DISSEMINATION",
    "BARRIER, 4, 0, BARRIER_RECURSIVE_DOUBLING",
    "BARRIER, 8, 0, BARRIER_DISSEMINATION",
    "BROADCAST, 16, 12288, BROADCAST_BINOMIAL",
    "BROADCAST, 16, 12289, BROADCAST_SCATTER_ALL_GATHER",
    "BROADCAST, 4, 524288, BROADCAST_BINOMIAL",
    "BROADCAST, 8, 524288, BROADCAST_CHAIN",
    "REDUCE, 4, 4194304, REDUCE_BINOMIAL",
    "REDUCE, 5, 2048, REDUCE_BINOMIAL",
    "REDUCE, 5, 2049, REDUCE_RABENSEIFNER",
    "ALL_REDUCE, 4, 8, ALL_REDUCE_RECURSIVE_DOUBLING",
    "ALL_REDUCE, 4, 262144, ALL_REDUCE_RECURSIVE_DOUBLING",
    "ALL_REDUCE, 4, 262145, ALL_REDUCE_RABENSEIFNER",
    "ALL_REDUCE, 4, 1048577, ALL_REDUCE_RING",
    "ALL_REDUCE, 5, 16385, ALL_REDUCE_RABENSEIFNER",
    "ALL_REDUCE, 5, 4194305, ALL_REDUCE_RING",
    "ALL_REDUCE, 2, 524288, ALL_REDUCE_RECURSIVE_DOUBLING",
    "ALL_REDUCE, 2, 524289, ALL_REDUCE_RING",
    "ALL_GATHER, 8, 100000, ALL_GATHER_RECURSIVE_DOUBLING",
    "ALL_GATHER, 7, 81920, ALL_GATHER_BRUCK",
    "ALL_GATHER, 7, 100000, ALL_GATHER_RING",
    "ALL_TO_ALL, 7, 8, ALL_TO_ALL_PAIRWISE",
    "ALL_TO_ALL, 8, 256, ALL_TO_ALL_BRUCK",
    "ALL_TO_ALL, 8, 257, ALL_TO_ALL_PAIRWISE"
  })
  void shouldChooseByRanksAndBytes(
      Collective collective, int ranks, long bytes, Algorithm expected) {
    assertEquals(expected, choose(Demand.of(collective, ranks, bytes)));
  }

  @Test
  void shouldPassOverWhatTheOperatorOrTheBlocksDoNotAllow() {
    Demand large = Demand.of(Collective.ALL_REDUCE, 4, 4 << 20);
    assertEquals(Algorithm.ALL_REDUCE_RABENSEIFNER, choose(large.ordered()));
    assertEquals(Algorithm.ALL_REDUCE_FIXED_TREE, choose(large.withFixedExpression()));
    assertEquals(
        Algorithm.ALL_REDUCE_TREE,
        choose(Demand.of(Collective.ALL_REDUCE, 4, 8).withFixedExpression()));
    assertEquals(
        Algorithm.GATHER_LINEAR, choose(Demand.of(Collective.GATHER, 9, 0).ofUnequalBlocks()));
    assertEquals(
        Algorithm.ALL_TO_ALL_PAIRWISE,
        choose(Demand.of(Collective.ALL_TO_ALL, 9, 0).ofUnequalBlocks()));
  }

  /** Otherwise an operator would meet an algorithm that reorders its operands. */
  @Test
  void shouldNeverChooseWhatWasNotAllowed() {
    Set<Algorithm> chosen = EnumSet.noneOf(Algorithm.class);
    for (Collective collective : Collective.values()) {
      for (int ranks = 1; ranks < 40; ranks++) {
        for (long bytes = 0; bytes < 1L << 40; bytes = bytes * 3 + 1) {
          Demand demand = Demand.of(collective, ranks, bytes);
          chosen.add(choose(demand));
          Algorithm ordered = choose(demand.ordered());
          assertTrue(!ordered.has(Algorithm.Trait.COMMUTATIVE), ordered::toString);
          Algorithm unequal = choose(demand.ofUnequalBlocks());
          assertTrue(!unequal.has(Algorithm.Trait.EQUAL_BLOCKS), unequal::toString);
          assertEquals(collective, choose(demand.ordered().withFixedExpression()).collective());
        }
      }
    }
    assertTrue(chosen.size() > Collective.values().length, chosen::toString);
  }

  @Test
  void shouldPrintWhatItReads() {
    String printed = DEFAULTS.toString();
    assertEquals(printed, ChoiceTable.parse("printed", printed).toString());
    assertTrue(
        printed.contains("broadcast       chain ranks=..8 bytes=512KiB.. segment=128KiB\n"),
        printed);
    assertTrue(printed.contains("bytes=..512KiB when=power-of-two\n"), printed);
  }

  @Test
  void shouldAskLinesOfAnOverrideFirst() {
    String override = "all-reduce ring ranks=3 bytes=1..100 segment=10 # here\n\n";
    ChoiceTable table = DEFAULTS.overriddenBy("mine", override);
    Choice choice = table.choose(Demand.of(Collective.ALL_REDUCE, 3, 100));
    assertEquals(new Choice(Algorithm.ALL_REDUCE_RING, 10), choice);
    assertEquals(2, choice.segment(4));
    assertEquals(1, choice.segment(16));
    for (Demand other :
        new Demand[] {
          Demand.of(Collective.ALL_REDUCE, 3, 101),
          Demand.of(Collective.ALL_REDUCE, 3, 0),
          Demand.of(Collective.ALL_REDUCE, 4, 100),
          Demand.of(Collective.ALL_REDUCE, 3, 100).ordered()
        }) {
      assertEquals(DEFAULTS.choose(other), table.choose(other));
    }
    assertTrue(
        table.toString().startsWith("all-reduce      ring ranks=3 bytes=1..100 segment=10\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          allreduce ring                      | "allreduce" is no collective; there are barrier,
          all-reduce bruck                    | "bruck" is no algorithm of all-reduce; there are recursive-doubling, rabenseifner,
          all-reduce                          | an algorithm is missing
          all-reduce ring size=3              | "size=3" is unknown; there are ranks=, bytes=,
          all-reduce ring when=odd            | "when=odd" is unknown
          all-reduce ring bytes=3 bytes=4     | "bytes" is there twice
          all-reduce ring bytes=2KB           | "2KB" is no number such as
          all-reduce ring bytes=-1            | "-1" is no number such as
          all-reduce ring bytes               | "" is no number such as
          all-reduce ring bytes=9..3          | no number is in "9..3"
          all-reduce ring bytes=9999999999GiB | "9999999999GiB" is too large
          all-reduce ring segment=0           | a segment of 0 bytes
          """)
  void shouldSayWhatIsWrongWithALine(String line, String message) {
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> DEFAULTS.overriddenBy("my table", "# mine\n" + line + "\n"));
    String said = String.valueOf(refusal.getMessage());
    assertTrue(said.startsWith("my table, line 2: " + message), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          barrier dissemination ; barrier (commutative
          all-reduce (rabenseifner|fixed-tree) ; all-reduce (non-commutative operator, blocks of one length)
          all-reduce fixed-tree ; all-reduce (commutative operator, blocks of one length, results bitwise
          all-to-all pairwise ; all-to-all (commutative operator, blocks of one length)
          gather linear ; gather (commutative operator, blocks of one length)
          """)
  void shouldSayForWhichCaseATableHasNoLine(String missing, String message) {
    String[] words = missing.split(" ", -1);
    String text =
        DEFAULTS
            .toString()
            .lines()
            .filter(line -> !line.matches(words[0] + " +" + words[1] + "( segment.*)?"))
            .collect(Collectors.joining("\n"));
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> ChoiceTable.parse("my table", text));
    String said = String.valueOf(refusal.getMessage());
    assertTrue(said.startsWith("my table has no line without conditions for " + message), said);
  }

  @Test
  void shouldReadTheFileThatTheEnvironmentNames(@TempDir Path folder) throws IOException {
    assertSame(DEFAULTS, ChoiceTable.of(Map.of()));
    Path file = folder.resolve("mine");
    Map<String, String> environment = Map.of(ChoiceTable.VARIABLE, file.toString());
    var missing = assertThrows(IOException.class, () -> ChoiceTable.of(environment));
    assertTrue(String.valueOf(missing.getMessage()).startsWith("VERBENA_CHOICES names " + file));
    Files.writeString(file, "broadcast chain segment=1KiB\n");
    Demand demand = Demand.of(Collective.BROADCAST, 4, 8);
    assertEquals(Algorithm.BROADCAST_CHAIN, ChoiceTable.of(environment).choose(demand).algorithm());
    Files.writeString(file, "broadcast chain\nbroadcast strain\n");
    var wrong = assertThrows(IllegalArgumentException.class, () -> ChoiceTable.of(environment));
    assertTrue(String.valueOf(wrong.getMessage()).startsWith(file + ", line 2: "), wrong::toString);
  }
}
