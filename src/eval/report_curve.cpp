// The loss curve as SVG: training loss of every step, means of the epochs, validation loss.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/fail.hpp"
#include "eval/report.hpp"

namespace pmtune::eval {
namespace {

constexpr double width = 860, height = 300;
constexpr double left = 58, right = 18, top = 16, bottom = 46;
constexpr std::size_t most_points = 600;

struct Point {
  double step = 0, loss = 0;
};

struct Series {
  std::vector<Point> steps, epochs, validation;
  std::vector<double> epoch_ends;  // steps
  bool empty() const { return steps.size() + epochs.size() + validation.size() < 2; }
};

Series collect(const std::vector<TrainProgress>& history) {
  Series series;
  double epoch_start = 0;
  for (const TrainProgress& p : history) {
    const auto step = static_cast<double>(p.step);
    if (p.event == TrainEvent::step && std::isfinite(p.loss)) series.steps.push_back({step, p.loss});
    if (p.event == TrainEvent::epoch) {
      // A mean over the epoch belongs to its middle; at its end it would look worse than it is.
      if (std::isfinite(p.loss)) series.epochs.push_back({(epoch_start + step) / 2, p.loss});
      series.epoch_ends.push_back(step);
      epoch_start = step;
    }
    const bool measured = p.event == TrainEvent::started || p.event == TrainEvent::epoch;
    if (measured && std::isfinite(p.validation_loss) && p.validation_loss > 0)
      series.validation.push_back({step, p.validation_loss});
  }
  // Means of neighbours, so that a long training does not make a heavy page.
  const std::size_t group = (series.steps.size() + most_points - 1) / most_points;
  if (group <= 1) return series;
  std::vector<Point> thinned;
  for (std::size_t at = 0; at < series.steps.size(); at += group) {
    const std::size_t end = std::min(at + group, series.steps.size());
    Point mean;
    for (std::size_t i = at; i < end; ++i) {
      mean.step += series.steps[i].step / static_cast<double>(end - at);
      mean.loss += series.steps[i].loss / static_cast<double>(end - at);
    }
    thinned.push_back(mean);
  }
  series.steps = std::move(thinned);
  return series;
}

// 1, 2 or 5 times a power of ten, so that `count` of them or fewer span the range.
double nice_step(double range, int count) {
  const double rough = range / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.999) return factor * power;
  return 10 * power;
}

class Plot {
 public:
  explicit Plot(const Series& series) : series_(series) {
    for (const auto* points : {&series.steps, &series.epochs, &series.validation})
      for (const Point& point : *points) {
        last_step_ = std::max(last_step_, point.step);
        highest_ = std::max(highest_, point.loss);
      }
    y_step_ = nice_step(highest_ * 1.04, 5);
    y_end_ = y_step_ * std::ceil(highest_ * 1.04 / y_step_);
    x_step_ = std::max(1.0, nice_step(last_step_, 8));
  }

  std::string svg() const {
    std::string out = concat("<svg class=\"curve\" viewBox=\"0 0 ", width, " ", height,
                             "\" role=\"img\" aria-label=\"Loss over the training steps\">");
    out += grid();
    for (const double end : series_.epoch_ends)
      out += concat("<line class=\"epoch-end\" x1=\"", x(end), "\" y1=\"", top, "\" x2=\"", x(end), "\" y2=\"",
                    height - bottom, "\"/>");
    out += line("steps", series_.steps) + line("epochs", series_.epochs) + line("validation", series_.validation);
    out += dots("epochs", "Mean training loss", series_.epochs) +
           dots("validation", "Held-out loss", series_.validation);
    return out + "</svg>";
  }

 private:
  static double rounded(double value) { return std::round(value * 10) / 10; }
  double x(double step) const { return rounded(left + (width - left - right) * step / std::max(last_step_, 1.0)); }
  double y(double loss) const { return rounded(height - bottom - (height - top - bottom) * loss / y_end_); }

  std::string grid() const {
    std::string out;
    const int decimals = y_step_ < 0.1 ? 2 : y_step_ < 1 ? 1 : 0;
    for (double loss = 0; loss < y_end_ + y_step_ / 2; loss += y_step_)
      out += concat("<line class=\"grid\" x1=\"", left, "\" y1=\"", y(loss), "\" x2=\"", width - right, "\" y2=\"",
                    y(loss), "\"/><text class=\"tick\" text-anchor=\"end\" x=\"", left - 8, "\" y=\"", y(loss) + 4,
                    "\">", number_text(loss, decimals), "</text>");
    for (double step = 0; step < last_step_ + x_step_ / 100; step += x_step_)
      out += concat("<text class=\"tick\" text-anchor=\"middle\" x=\"", x(step), "\" y=\"", height - bottom + 18,
                    "\">", number_text(step, 0), "</text>");
    const double middle = (top + height - bottom) / 2;
    return out +
           concat("<text class=\"axis\" text-anchor=\"middle\" x=\"", (left + width - right) / 2, "\" y=\"",
                  height - 8,
                  "\">training steps</text><text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 ",
                  middle, ") rotate(-90)\">loss (nats per token)</text>");
  }

  std::string line(const char* name, const std::vector<Point>& points) const {
    if (points.size() < 2) return "";
    std::string out = concat("<polyline class=\"line ", name, "\" points=\"");
    for (const Point& point : points) out += concat(x(point.step), ",", y(point.loss), " ");
    return out + "\"/>";
  }

  std::string dots(const char* name, const char* what, const std::vector<Point>& points) const {
    std::string out;
    for (const Point& point : points)
      out += concat("<circle class=\"dot ", name, "\" cx=\"", x(point.step), "\" cy=\"", y(point.loss),
                    "\" r=\"4\"><title>", what, " ", number_text(point.loss, 3), " after step ",
                    number_text(point.step, 0), "</title></circle>");
    return out;
  }

  const Series& series_;
  double last_step_ = 1, highest_ = 1e-3;
  double y_step_ = 1, y_end_ = 1, x_step_ = 1;
};

}  // namespace

std::string loss_curve_svg(const std::vector<TrainProgress>& history) {
  const Series series = collect(history);
  return series.empty() ? "" : Plot(series).svg();
}

}  // namespace pmtune::eval
