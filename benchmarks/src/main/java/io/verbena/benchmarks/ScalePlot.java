package io.verbena.benchmarks;

import io.verbena.collective.Forecast;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.colors.ColorBlindFriendlySeriesColors;

/** A picture of a collective: the time by the number of ranks, a panel for each size. */
final class ScalePlot {
  private static final int WIDTH = 440;
  private static final int HEIGHT = 420;

  private final String collective;
  private final List<Long> sizes;
  private final Map<Long, Map<String, Map<Integer, Double>>> times;

  /**
   * Of one collective.
   *
   * @param sizes those to draw
   * @param times in nanoseconds, by size, way and number of ranks
   */
  ScalePlot(
      String collective, List<Long> sizes, Map<Long, Map<String, Map<Integer, Double>>> times) {
    this.collective = collective;
    this.sizes = sizes;
    this.times = times;
  }

  void write(Path file) throws IOException {
    System.setProperty("java.awt.headless", "true");
    List<XYChart> panels = new ArrayList<>();
    for (long bytes : sizes) {
      panels.add(panel(bytes, times.getOrDefault(bytes, Map.of())));
    }
    BitmapEncoder.saveBitmap(panels, 1, panels.size(), file.toString(), BitmapFormat.PNG);
  }

  private XYChart panel(long bytes, Map<String, Map<Integer, Double>> ways) {
    String of = Forecast.isOfBlocks(collective) ? " a block" : "";
    String size = bytes == 0 ? "" : ", " + SimulationCommand.size(bytes) + of;
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(collective + size)
            .xAxisTitle("ranks")
            .yAxisTitle("simulated time")
            .build();
    XYStyler styler = chart.getStyler();
    styler.setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    styler.setXAxisLogarithmicDecadeOnly(true).setYAxisLogarithmicDecadeOnly(true);
    List<Double> all = ways.values().stream().flatMap(each -> each.values().stream()).toList();
    all.stream().min(Double::compare).ifPresent(least -> styler.setYAxisMin(decade(least, false)));
    all.stream().max(Double::compare).ifPresent(most -> styler.setYAxisMax(decade(most, true)));
    styler.setXAxisTickLabelsFormattingFunction(ScalePlot::ranks);
    styler.setYAxisTickLabelsFormattingFunction(
        nanos -> SimulationCommand.time(nanos).replace(".0", ""));
    styler.setSeriesColors(new ColorBlindFriendlySeriesColors().getSeriesColors());
    styler.setLegendPosition(LegendPosition.OutsideS).setLegendLayout(LegendLayout.Vertical);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotGridLinesColor(new Color(0xe4e4e4));
    styler.setMarkerSize(6);
    ways.forEach(
        (way, byRanks) ->
            chart.addSeries(way, List.copyOf(byRanks.keySet()), List.copyOf(byRanks.values())));
    return chart;
  }

  /** The power of ten below or above. */
  private static double decade(double nanos, boolean isAbove) {
    double exponent = Math.log10(nanos);
    return Math.pow(10, isAbove ? Math.ceil(exponent) : Math.floor(exponent));
  }

  private static String ranks(double number) {
    if (number < 1e3) {
      return String.format(Locale.ROOT, "%.0f", number);
    }
    return number < 1e6
        ? String.format(Locale.ROOT, "%.0f k", number / 1e3)
        : String.format(Locale.ROOT, "%.0f M", number / 1e6);
  }
}
