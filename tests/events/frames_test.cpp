// Events in windows of time, and what is done to them before.
#include "src/events/frames.hpp"

#include <cmath>
#include <numeric>

#include "src/events/augment.hpp"
#include "src/events/resolve_choices.hpp"
#include "tests/events/event_checks.hpp"

namespace snnsim {
namespace {

Events ramp(std::int64_t count) {
    Events out;
    for (std::int64_t k = 0; k < count; ++k)
        out.add(k, static_cast<std::uint16_t>(k % 3), static_cast<std::uint16_t>(k % 2),
                k % 5 == 0);
    return out;
}
std::uint64_t sum(const Frames& frames) {
    return std::accumulate(frames.values.begin(), frames.values.end(), std::uint64_t{0});
}

TEST(EventFrames, EachEventIsInExactlyOne) {
    const Sensor sensor{2, 3, true};
    for (const std::int64_t width : {1, 7, 50, 99, 100, 1000}) {
        const Frames frames =
            frames_of(ramp(100), sensor, {0, width, (99 + width) / width}, FrameValue::count);
        EXPECT_EQ(sum(frames), 100u) << width;
        EXPECT_EQ(frames.before + frames.after, 0u);
    }
    const Frames part = frames_of(ramp(100), sensor, {10, 20, 3}, FrameValue::count);
    EXPECT_EQ(part.before, 10u);
    EXPECT_EQ(part.after, 30u);
    EXPECT_EQ(sum(part), 60u);
}

TEST(EventFrames, AreHalfOpenAndLieAsPolarityRowColumn) {
    Events events;
    events.add(49, 2, 1, 1);
    events.add(50, 2, 1, 1);
    events.add(50, 2, 1, 1);
    events.add(99, 0, 0, 0);
    const auto counted = frames_of(events, {2, 3, true}, {0, 50, 2}, FrameValue::count).values;
    const auto at = [](int frame, int p, int y, int x) {
        return static_cast<std::size_t>(((frame * 2 + p) * 2 + y) * 3 + x);
    };
    EXPECT_EQ(counted[at(0, 1, 1, 2)], 1u);
    EXPECT_EQ(counted[at(1, 1, 1, 2)], 2u);
    EXPECT_EQ(counted[at(1, 0, 0, 0)], 1u);
    const Frames binary = frames_of(events, {2, 3, true}, {0, 50, 2}, FrameValue::binary);
    EXPECT_EQ(sum(binary), 3u);
    EXPECT_EQ(sum(frames_of(events, {2, 3, false}, {0, 50, 2}, FrameValue::count)), 4u);
}

TEST(TimeSurfaces, DecayFromTheLastEventOfAPixel) {
    Events events;
    events.add(120, 1, 0, 1);  // not in the order of time
    events.add(40, 1, 0, 1);
    events.add(10, 1, 0, 1);
    events.add(99, 0, 0, 0);
    const std::vector<float> out = time_surfaces(events, {1, 2, true}, {0, 50, 4}, 100.0);
    ASSERT_EQ(out.size(), 4u * 4u);
    const auto decayed = [](double us) { return static_cast<float>(std::exp(-us / 100.0)); };
    const std::vector<float> pixel{decayed(10), decayed(60), decayed(30), decayed(80)};
    const std::vector<float> other{0.0f, decayed(1), decayed(51), decayed(101)};
    for (std::size_t frame = 0; frame < 4; ++frame) {
        EXPECT_FLOAT_EQ(out[4 * frame + 3], pixel[frame]);
        EXPECT_FLOAT_EQ(out[4 * frame], other[frame]);
        EXPECT_EQ(out[4 * frame + 1], 0.0f);
        EXPECT_EQ(out[4 * frame + 2], 0.0f);
    }
}

TEST(ShapedEvents, WhatIsLeftOutIsCounted) {
    Events events = ramp(100);
    events.left_out[LeftOut::invalid] = 7;
    EventShape shape{{1, 0, 2, 1}, 2, false, 50};
    const Events shaped = shape_events(events, 10, shape);
    EXPECT_EQ(shaped.left_out[LeftOut::before_start], 10u);
    EXPECT_EQ(shaped.left_out[LeftOut::after_end], 40u);
    EXPECT_EQ(shaped.left_out[LeftOut::invalid], 7u);
    EXPECT_EQ(shaped.size() + shaped.left_out[LeftOut::outside_crop], 50u);
    // Of 50 events in 50 us those of y = 0 and x = 1, 2: k even, k % 3 > 0.
    EXPECT_EQ(shaped.size(), 17u);
    for (std::size_t k = 0; k < shaped.size(); ++k) {
        EXPECT_EQ(shaped.x[k], 0);
        EXPECT_EQ(shaped.p[k], 0);
    }
}

TEST(ShapedEvents, PoolsKeepTheLastPixels) {
    const EventShape shape{{0, 0, 7, 5}, 3, true, 0};
    EXPECT_EQ(shaped_sensor(shape).width, 3);
    EXPECT_EQ(shaped_sensor(shape).height, 2);
    Events events;
    events.add(0, 6, 4, 1);
    EXPECT_EQ(listed(shape_events(events, 0, shape)), (std::vector<Event>{{2, 1, 0, 1}}));
}

TEST(AugmentedEvents, AreTheSameForTheSameNumber) {
    const Sensor sensor{2, 3, true};
    const EventChoices choices{.copies = 1, .flip = 0.5, .shift = 1, .drop = 0.3};
    const Events events = ramp(4000);
    std::int64_t flipped = 0, left = 0, dropped = 0;
    for (std::uint32_t k = 0; k < 100; ++k) {
        const Events one = augmented(events, sensor, choices, {k, 1});
        EXPECT_EQ(listed(one), listed(augmented(events, sensor, choices, {k, 1})));
        EXPECT_EQ(one.size() + one.left_out[LeftOut::dropped] + one.left_out[LeftOut::shifted_out],
                  events.size());
        dropped += static_cast<std::int64_t>(one.left_out[LeftOut::dropped]);
        EXPECT_NE(listed(one), listed(augmented(events, sensor, choices, {k, 2})));
        for (const std::uint16_t x : one.x) EXPECT_LT(x, 3);
        const Events turned = augmented(events, sensor, {.copies = 1, .flip = 0.5}, {k, 1});
        ASSERT_EQ(turned.size(), events.size());
        flipped += turned.x[0] == 2;
        Events middle;
        middle.add(0, 1, 0, 1);
        const Events moved = augmented(middle, {1, 3, true}, {.copies = 1, .shift = 1}, {k, 1});
        ASSERT_EQ(moved.size(), 1u);
        left += moved.x[0] == 0;
    }
    EXPECT_NEAR(static_cast<double>(dropped), 0.3 * 400000, 5 * std::sqrt(0.21 * 400000));
    EXPECT_NEAR(static_cast<double>(flipped), 50, 25);
    EXPECT_NEAR(static_cast<double>(left), 33, 24);
}

TEST(EventChoices, WhatIsAutomaticIsPutIn) {
    const EventPlan cifar = resolve({.format = EventFormat::cifar10_dvs});
    EXPECT_EQ(cifar.choices.layout, AddressLayout::spikingjelly);
    EXPECT_EQ(cifar.choices.origin, TimeOrigin::stored);
    EXPECT_EQ(cifar.sensor().inputs(), 2 * 128 * 128);
    EXPECT_EQ(resolve({.format = EventFormat::dvs_gesture}).choices.origin, TimeOrigin::trial);
    EXPECT_EQ(resolve({.format = EventFormat::shd, .pool = 5}).sensor().inputs(), 140);
    const EventPlan frames = resolve({.duration = 25.0, .frame = 10.0});
    EXPECT_EQ(frames.windows.frames, 3);
    EXPECT_EQ(frames.windows.width, 10000);
    EXPECT_EQ(frames.shape.duration, 25000);
}

TEST(EventChoices, AllThatIsWrongIsToldAtOnce) {
    const auto error = [](const EventChoices& choices) -> std::string {
        try {
            resolve(choices);
        } catch (const UsageError& e) {
            return e.what();
        }
        return "no error";
    };
    EXPECT_EQ(error({.format = EventFormat::shd,
                     .time_marks = TimeMarks::keep,
                     .layout = AddressLayout::raw,
                     .polarity = PolarityChannels::merge}),
              "--time-marks is none of the choices of the format shd\n"
              "--layout is none of the choices of the format shd\n"
              "--polarity is none of the choices of the format shd");
    EXPECT_EQ(error({.format = EventFormat::davis240, .layout = AddressLayout::tonic}),
              "--layout tonic is known of davis346 only");
    EXPECT_EQ(error({.origin = TimeOrigin::trial}),
              "--origin trial is for dvs_gesture; the files of nmnist have no trials");
    EXPECT_EQ(error({.crop = "0,0,35,34"}),
              "--crop '0,0,35,34' is not within the sensor, of 34 columns and 34 rows");
    EXPECT_EQ(error({.crop = "1,2,3"}),
              "--crop must be four numbers, X,Y,WIDTH,HEIGHT; found '1,2,3'");
    EXPECT_TRUE(error({.crop = "1,2,0,3"}).starts_with("--crop must be"));
    EXPECT_EQ(error({.frame = 10.0}), "--frame needs --duration: all samples have as many frames");
    EXPECT_EQ(error({.copies = 2}), "--copies are to be changed: say --flip, --shift or --drop");
    EXPECT_TRUE(error({.drop = 0.5}).ends_with("say how many: --copies 1"));
    EXPECT_EQ(error({.values = FrameValue::binary}),
              "--values is for frames; say how long one is: --frame '10 ms'");
    EXPECT_TRUE(error({.duration = 0.0005})
                    .starts_with("--duration must be a whole number of microseconds"));
    EXPECT_NE(error({.format = EventFormat::cifar10_dvs, .duration = 1e6, .frame = 0.001})
                  .find("are too large a sample"),
              std::string::npos);
}

}  // namespace
}  // namespace snnsim
