package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.verbena.ffi.rdmacm.RdmaCm;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_context_ops;
import io.verbena.ffi.verbs.ibv_cq_ex;
import io.verbena.ffi.verbs.ibv_qp_ex;
import io.verbena.ffi.verbs.verbs_context;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/verbs-coverage.md} to the truth: every function and flag of the C libraries
 * stands in it, and every method and test that it names exists.
 */
class CoverageTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern ROW = Pattern.compile("^\\|(.+?)\\|(.+?)\\|(.+?)\\|$");
  private static final Pattern PARENT = Pattern.compile("class \\w+ extends (\\w+)");
  private static final Pattern NAME = Pattern.compile("`([^`]+)`");

  private record Row(List<String> names, String java, String test) {}

  private static List<Row> rows;

  @BeforeAll
  static void readDocument() throws IOException {
    rows = new ArrayList<>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/verbs-coverage.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && !row.group(1).isBlank() && NAME.matcher(row.group(1)).find()) {
        rows.add(new Row(quoted(row.group(1)), row.group(2).strip(), row.group(3).strip()));
      }
    }
    assertFalse(rows.isEmpty());
  }

  @Test
  void shouldNameEveryFunctionAndFlag() {
    Set<String> missing = new TreeSet<>();
    Set<Pattern> named =
        rows.stream()
            .flatMap(row -> row.names().stream())
            .map(name -> Pattern.compile(Pattern.quote(name).replace("*", "\\E.*\\Q")))
            .collect(Collectors.toSet());
    for (String name : ofTheLibraries()) {
      if (named.stream().noneMatch(pattern -> pattern.matcher(name).matches())) {
        missing.add(name);
      }
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void shouldNameOnlyWhatExists() throws IOException {
    Set<String> wrong = new TreeSet<>();
    for (Row row : rows) {
      for (String reference : quoted(row.java())) {
        if (!exists(reference, "src/main/java")) {
          wrong.add(reference);
        }
      }
      for (String reference : quoted(row.test())) {
        if (!exists(reference, "src/test/java")) {
          wrong.add(reference);
        }
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void shouldSayWhyWhereThereIsNoTest() {
    Pattern reason = Pattern.compile("not (offered|needed)[^:]*: .+");
    assertEquals(
        List.of(),
        rows.stream()
            .filter(row -> quoted(row.test()).isEmpty())
            .filter(row -> !row.test().startsWith("no test: "))
            .filter(row -> !reason.matcher(row.java()).matches())
            .map(Row::names)
            .toList());
  }

  /** As in {@code Context.gids} or {@code DeviceTest.shouldListDevices}: a file that has it. */
  private static boolean exists(String reference, String folder) throws IOException {
    String[] parts = reference.split("\\.", 2);
    for (Path file : sources(parts[0] + ".java", folder)) {
      String text = Files.readString(file);
      if (parts.length == 1 || text.matches("(?s).*\\b" + Pattern.quote(parts[1]) + "\\b.*")) {
        return true;
      }
      Matcher parent = PARENT.matcher(text);
      if (parent.find() && exists(parent.group(1) + "." + parts[1], folder)) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> sources(String name, String folder) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("ffi-gen", "transport", "samples")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve(folder))) {
        files.filter(file -> file.endsWith(name)).forEach(found::add);
      }
    }
    return found;
  }

  private static List<String> quoted(String cell) {
    return NAME.matcher(cell).results().map(name -> name.group(1)).toList();
  }

  private static Set<String> ofTheLibraries() {
    Set<String> names = new TreeSet<>();
    collect(names, Verbs.class, "_?ibv_[a-z0-9_]+|IBV_[A-Z0-9_]+", name -> name);
    collect(names, RdmaCm.class, "rdma_[a-z0-9_]+|(RDMA|RAI)_[A-Z0-9_]+", name -> name);
    // The inline functions are calls through these tables.
    collect(names, ibv_context_ops.class, "(?!_compat_)[a-z_]+\\$offset", CoverageTest::inline);
    collect(
        names, verbs_context.class, "(?!priv|sz|context)[a-z_]+\\$offset", CoverageTest::inline);
    collect(names, ibv_qp_ex.class, "wr_(?!id|flags)[a-z_]+\\$offset", CoverageTest::inline);
    collect(
        names,
        ibv_cq_ex.class,
        "((start|next|end)_poll|read_[a-z_]+)\\$offset",
        name -> inline(name).replace("ibv_read_", "ibv_wc_read_"));
    return names;
  }

  private static String inline(String field) {
    String name = field.substring(0, field.indexOf('$'));
    return name.startsWith("ibv_") ? name : "ibv_" + name;
  }

  private static void collect(
      Set<String> names, Class<?> generated, String pattern, UnaryOperator<String> rename) {
    Set<String> found =
        Arrays.stream(generated.getMethods())
            .map(Method::getName)
            .filter(name -> name.matches(pattern))
            .map(rename)
            .collect(Collectors.toSet());
    assertFalse(found.isEmpty(), generated.getName());
    names.addAll(found);
  }
}
