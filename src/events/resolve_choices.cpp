#include "src/events/resolve_choices.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// Twice what a dense sample of the largest camera takes in 1,000 frames.
constexpr std::int64_t most_in_sample = std::int64_t{1} << 29;

class Resolver {
  public:
    explicit Resolver(const EventChoices& choices) : c_(choices) { plan_.choices = choices; }

    EventPlan resolve() {
        expect_of_format();
        set_layout();
        set_origin();
        set_pixels();
        set_shape();
        set_frames();
        check_copies();
        if (!problems_.empty()) throw UsageError(problems_);
        return plan_;
    }

  private:
    void problem(const std::string& text) { problems_ += (problems_.empty() ? "" : "\n") + text; }

    /// What was chosen though the format has no such choice.
    void expect_of_format() {
        const EventFormat f = c_.format;
        const bool nmnist = f == EventFormat::nmnist, gesture = f == EventFormat::dvs_gesture,
                   shd = f == EventFormat::shd;
        expect(nmnist || c_.time_marks == TimeMarks::add, "--time-marks");
        expect(gesture || c_.slots == Slots::used, "--slots");
        expect(gesture || is_aedat2(f) || c_.invalid == InvalidEvents::drop, "--invalid");
        expect(is_aedat2(f) || c_.layout == AddressLayout::automatic, "--layout");
        expect(!is_aedat2(f) || c_.width == 0, "--width");
        expect((!is_aedat2(f) && !shd) || c_.height == 0, "--height");
        expect(!shd || c_.polarity == PolarityChannels::split, "--polarity");
        if (c_.values != FrameValue::count && c_.frame == 0.0)
            problem("--values is for frames; say how long one is: --frame '10 ms'");
        if ((c_.values == FrameValue::surface) != (c_.tau > 0.0))
            problem(c_.tau > 0.0 ? "--tau is of time surfaces: write --values surface"
                                 : "--values surface needs --tau, such as --tau '50 ms'");
    }
    void expect(bool fits, const char* option) {
        if (!fits)
            problem(fmt::format("{} is none of the choices of the format {}", option,
                                name_of(c_.format)));
    }

    void set_layout() {
        if (!is_aedat2(c_.format)) return;
        AddressLayout& layout = plan_.choices.layout;
        if (layout == AddressLayout::automatic)
            layout = c_.format == EventFormat::cifar10_dvs ? AddressLayout::spikingjelly
                                                           : AddressLayout::raw;
        if (has_layout(camera_of(c_.format), layout)) return;
        problem(fmt::format("--layout {} is known of {} only", name_of(layout),
                            layout == AddressLayout::tonic ? "davis346" : "cifar10_dvs"));
    }
    void set_origin() {
        const bool trials = c_.format == EventFormat::dvs_gesture;
        TimeOrigin& origin = plan_.choices.origin;
        if (origin == TimeOrigin::automatic)
            origin = trials ? TimeOrigin::trial : TimeOrigin::stored;
        if (origin == TimeOrigin::trial && !trials)
            problem(fmt::format("--origin trial is for dvs_gesture; the files of {} have no trials",
                                name_of(c_.format)));
    }
    void set_pixels() {
        PixelArray& pixels = plan_.pixels;
        switch (c_.format) {
            case EventFormat::nmnist:
                pixels = {34, 34};
                break;
            case EventFormat::dvs_gesture:
                pixels = {128, 128};
                break;
            case EventFormat::shd:
                pixels = {700, 1};
                break;
            default:
                pixels = pixels_of(camera_of(c_.format), plan_.choices.layout);
        }
        if (c_.width > 0) pixels.width = c_.width;
        if (c_.height > 0) pixels.height = c_.height;
        plan_.choices.width = pixels.width;
        plan_.choices.height = pixels.height;
    }
    void set_shape() {
        EventShape& shape = plan_.shape;
        const std::string wrong = read_crop(c_.crop, plan_.pixels, shape.crop);
        if (!wrong.empty()) problem("--crop " + wrong);
        shape.pool = c_.pool;
        shape.polarity = c_.polarity == PolarityChannels::split && c_.format != EventFormat::shd;
        shape.duration = microseconds(c_.duration, "--duration");
    }
    void set_frames() {
        if (c_.frame == 0.0) return;
        plan_.frames = true;
        const std::int64_t width = microseconds(c_.frame, "--frame");
        const std::int64_t duration = plan_.shape.duration;
        if (c_.duration == 0.0)
            problem("--frame needs --duration: all samples have as many frames");
        if (width == 0 || duration == 0) return;
        const std::int64_t frames = (duration + width - 1) / width;
        plan_.windows = {0, width, frames};
        const std::int64_t inputs = plan_.sensor().inputs();
        if (frames > most_in_sample / inputs)
            problem(
                fmt::format("{} frames of {} pixels are too large a sample; write events "
                            "(without --frame), which are read in windows of dt",
                            frames, inputs));
    }
    void check_copies() {
        const bool changes = c_.flip > 0.0 || c_.shift > 0 || c_.drop > 0.0;
        if (changes != (c_.copies > 0))
            problem(changes ? "--flip, --shift and --drop change copies of training samples; say "
                              "how many: --copies 1"
                            : "--copies are to be changed: say --flip, --shift or --drop");
        if (c_.format == EventFormat::shd && c_.flip > 0.0)
            problem("--flip is for images; mirrored channels are another sound");
    }
    /// 0 after a problem.
    std::int64_t microseconds(double ms, const char* option) {
        constexpr double most = 1e12;  // ms, 30 years
        const double us = std::round(ms * 1000.0);
        if (ms <= most && std::abs(us - ms * 1000.0) <= 1e-9 * us)
            return static_cast<std::int64_t>(us);
        problem(
            fmt::format("{} must be a whole number of microseconds; found {:g} ms", option, ms));
        return 0;
    }

    const EventChoices& c_;
    EventPlan plan_;
    std::string problems_;
};

}  // namespace

bool is_aedat2(EventFormat format) {
    return format == EventFormat::cifar10_dvs || format == EventFormat::davis240 ||
           format == EventFormat::davis346;
}

Camera camera_of(EventFormat format) {
    return format == EventFormat::davis240   ? Camera::davis240
           : format == EventFormat::davis346 ? Camera::davis346
                                             : Camera::dvs128;
}

EventPlan resolve(const EventChoices& choices) {
    return Resolver(choices).resolve();
}

}  // namespace snnsim
