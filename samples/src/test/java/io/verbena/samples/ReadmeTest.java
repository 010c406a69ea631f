package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The README's Java is what the samples contain between {@code // snippet NAME} and {@code // end}.
 */
class ReadmeTest {
  private static final Path README = Path.of("..", "README.md");
  private static final Path SAMPLES = Path.of("src", "main", "java", "io", "verbena", "samples");
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^(?:<!-- snippet (\\S+) -->\n)?```java\n((?s:.*?))^```$");
  private static final Pattern SNIPPET =
      Pattern.compile("(?m)^ *// snippet (\\S+)\n((?s:.*?))\n *// end$");

  @Test
  void shouldShowWhatTheSamplesContain() throws IOException {
    assertEquals(samples(), blocks(Files.readString(README)));
  }

  private static Map<String, String> samples() throws IOException {
    var snippets = new TreeMap<String, String>();
    try (Stream<Path> files = Files.list(SAMPLES)) {
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
