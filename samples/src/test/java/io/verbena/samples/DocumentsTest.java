package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documents' Java is what the samples contain between {@code // snippet NAME} and {@code //
 * end}: each snippet stands in one document.
 */
class DocumentsTest {
  private static final List<Path> DOCUMENTS =
      List.of(
          Path.of("..", "README.md"),
          Path.of("..", "docs", "collectives.md"),
          Path.of("..", "docs", "memory.md"),
          Path.of("..", "docs", "transport.md"),
          Path.of("..", "docs", "verbs.md"));
  private static final Path SAMPLES = Path.of("src", "main", "java", "io", "verbena", "samples");
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^(?:<!-- snippet (\\S+) -->\n)?```java\n((?s:.*?))^```$");
  private static final Pattern SNIPPET =
      Pattern.compile("(?m)^ *// snippet (\\S+)\n((?s:.*?))\n+ *// end$");

  @Test
  void shouldShowWhatTheSamplesContain() throws IOException {
    var shown = new TreeMap<String, String>();
    for (Path document : DOCUMENTS) {
      blocks(Files.readString(document))
          .forEach((name, text) -> assertNull(shown.put(name, text), name + " is shown twice"));
    }
    assertEquals(samples(), shown);
  }

  private static Map<String, String> samples() throws IOException {
    var snippets = new TreeMap<String, String>();
    try (Stream<Path> files = Files.walk(SAMPLES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        Matcher snippet = SNIPPET.matcher(Files.readString(file));
        while (snippet.find()) {
          snippets.put(snippet.group(1), snippet.group(2).stripIndent() + "\n");
        }
      }
    }
    return snippets;
  }

  private static Map<String, String> blocks(String readme) {
    var blocks = new TreeMap<String, String>();
    Matcher block = BLOCK.matcher(readme);
    while (block.find()) {
      String name = block.group(1) == null ? "a block without a name" : block.group(1);
      blocks.put(name, block.group(2));
    }
    return blocks;
  }
}
