package io.verbena.samples;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two Maven projects that know of Verbena what a user's knows: its coordinates, and a local
 * repository that it was installed in. One has a module, the other has not.
 *
 * <p>Nothing is downloaded: all that is not Verbena's comes out of the local repository of the
 * build that runs the tests. It has what is needed, as these projects use no other plugins.
 */
final class OutsideProject {
  /** Has Verbena before the tests begin, and the rest after {@link #build}. */
  static final Path REPOSITORY = Path.of("target", "outside-repository").toAbsolutePath();

  /** How the README says that one depends on Verbena. */
  private static final Pattern DEPENDENCY = Pattern.compile("```xml\n(<dependency>(?s:.*?))```");

  /** Its shortest program, as a reader copies it. */
  private static final Pattern SHORTEST =
      Pattern.compile("<!-- snippet hello -->\n```java\n((?s:.*?))```");

  private static final String BOTH =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>outside</groupId>
        <artifactId>both</artifactId>
        <version>1</version>
        <packaging>pom</packaging>
        <modules>
          <module>CLASS_PATH</module>
          <module>MODULE_PATH</module>
        </modules>
      </project>
      """;

  /** How a program is run, and the folder of the project that is for it. */
  enum From {
    CLASS_PATH,
    MODULE_PATH;

    private Path in(Path folder) {
      return folder.resolve(name());
    }

    /** The project's own classes, and those that Maven says it needs. */
    String path(Path folder) throws IOException {
      Path target = in(folder).resolve("target");
      return target.resolve("classes")
          + File.pathSeparator
          + Files.readString(target.resolve("classpath.txt"));
    }
  }

  private OutsideProject() {}

  /** Writes both, with the README's shortest program and another one. */
  static void create(Path folder, String program) throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    String parent = Files.readString(Path.of("..", "pom.xml"));
    String pom = pom(parent, first(DEPENDENCY, readme));
    String hello = "package outside;\n" + first(SHORTEST, readme);
    for (From from : From.values()) {
      Path sources = from.in(folder).resolve("src/main/java");
      Files.createDirectories(sources.resolve("outside"));
      Files.writeString(sources.resolve("outside/Program.java"), program);
      Files.writeString(sources.resolve("outside/Hello.java"), hello);
      Files.writeString(from.in(folder).resolve("pom.xml"), pom.replace("PROJECT", from.name()));
    }
    Files.writeString(
        From.MODULE_PATH.in(folder).resolve("src/main/java/module-info.java"),
        "module outside { requires io.verbena; }");
    Files.writeString(folder.resolve("pom.xml"), BOTH);
    Path origin = Path.of(System.getProperty("verbena.localRepository"));
    Files.writeString(folder.resolve("settings.xml"), settings(origin));
  }

  private static String pom(String parent, String dependency) {
    return """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>outside</groupId>
        <artifactId>PROJECT</artifactId>
        <version>1</version>
        <properties>
          <maven.compiler.release>25</maven.compiler.release>
          <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
        </properties>
        <dependencies>
          %s
          <dependency>
            <groupId>org.slf4j</groupId>
            <artifactId>slf4j-simple</artifactId>
            <version>%s</version>
            <scope>runtime</scope>
          </dependency>
        </dependencies>
        <build>
          <plugins>
            <plugin>
              <artifactId>maven-resources-plugin</artifactId>
              <version>%s</version>
            </plugin>
            <plugin>
              <artifactId>maven-compiler-plugin</artifactId>
              <version>%s</version>
              <configuration>
                <failOnWarning>true</failOnWarning>
                <showWarnings>true</showWarnings>
                <compilerArgs>
                  <arg>-Xlint:all</arg>
                </compilerArgs>
              </configuration>
            </plugin>
            <plugin>
              <artifactId>maven-dependency-plugin</artifactId>
              <version>%s</version>
              <executions>
                <execution>
                  <goals>
                    <goal>build-classpath</goal>
                  </goals>
                  <phase>compile</phase>
                  <configuration>
                    <includeScope>runtime</includeScope>
                    <outputFile>${project.build.directory}/classpath.txt</outputFile>
                  </configuration>
                </execution>
              </executions>
            </plugin>
          </plugins>
        </build>
      </project>
      """
        .formatted(
            dependency,
            versionAfter("<slf4j.version>", parent),
            versionOf("maven-resources-plugin", parent),
            versionOf("maven-compiler-plugin", parent),
            versionOf("maven-dependency-plugin", parent));
  }

  /** All repositories of the world are in one folder here. */
  private static String settings(Path repository) {
    return """
      <settings>
        <mirrors>
          <mirror>
            <id>everything</id>
            <mirrorOf>*</mirrorOf>
            <url>%s</url>
          </mirror>
        </mirrors>
      </settings>
      """
        .formatted(repository.toUri());
  }

  private static String versionOf(String plugin, String pom) {
    return versionAfter("<artifactId>" + plugin + "</artifactId>\\s*<version>", pom);
  }

  private static String versionAfter(String pattern, String pom) {
    return first(Pattern.compile(pattern + "([^<]+)"), pom);
  }

  private static String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("nothing matches " + pattern);
    }
    return matcher.group(1);
  }

  /** Compiles both by the Maven that is on the PATH, as everything here does. */
  static Child build(Path folder) throws Exception {
    var mvn =
        new ProcessBuilder(
            List.of(
                "mvn",
                "-B",
                "-ntp",
                "--update-snapshots",
                "--global-settings=settings.xml",
                "--settings=settings.xml",
                "-Dmaven.repo.local=" + REPOSITORY,
                "compile"));
    mvn.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // It may say "offline", which forbids even repositories that are folders.
    mvn.environment().remove("MAVEN_ARGS");
    return Child.run(folder, mvn);
  }
}
