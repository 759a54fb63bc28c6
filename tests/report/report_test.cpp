// What a user reads: numbers, tables, the comparison.
#include "src/report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "src/network/weight_count.hpp"
#include "src/report/csv.hpp"
#include "src/report/progress.hpp"
#include "src/run/compare.hpp"

namespace snnsim {
namespace {

TEST(Text, NumbersAndTimes) {
    EXPECT_EQ(grouped(7), "7");
    EXPECT_EQ(grouped(1234567), "1,234,567");
    EXPECT_EQ(grouped(-123456), "-123,456");
    EXPECT_EQ(duration_text(83.4), "1:23");
    EXPECT_EQ(duration_text(7384.0), "2:03:04");
}

ModelSpec small_model() {
    ModelSpec spec;
    spec.name = "small";
    spec.path = "small.yaml";
    spec.dt = 1.0;
    spec.data.encode.duration = 4.0;
    spec.populations = {{{"in", 4}, SpikeSource::Params{}}, {{"out", 3}, LeakyReadout::Params{}}};
    ProjectionSpec& only = spec.projections.emplace_back();
    only.from = "in";
    only.to = "out";
    only.bias.given = true;
    spec.train.emplace();
    spec.test.emplace();
    return spec;
}

ComparedRun compared(const std::string& device) {
    ComparedRun run{"small", small_model(), {}};
    run.record.provenance.device = device;
    run.record.seconds["train"] = 12.34;
    Evaluation& test = run.record.test.emplace();
    test.accuracy = 0.975;
    test.labels = {0, 1};
    test.counts.samples = 2;
    test.counts.activity = {{"in", 20, 32}};
    test.counts.forward = {{"in_to_out", 96, 0, 2000000}};
    return run;
}

TEST(Report, CheckShowsPopulationsWeightsAndMemory) {
    const std::string text = check_text(small_model());
    for (const char* part : {"in ", "spike_source", "leaky_readout", "in -> out", "all_to_all",
                             "trainable", "weights in_to_out", "4 steps of 1 ms"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    const WeightCount count = count_weights(small_model());
    EXPECT_EQ(count.trainable, 12);
    EXPECT_EQ(count.fixed, 0);
    EXPECT_EQ(count.bias, 3);
}

TEST(Report, CheckTellsOfPruningAndRounding) {
    ModelSpec spec = small_model();
    spec.train->prune = PruneSpec{0.9, 2, 5, {}};
    spec.test->quantize.emplace();
    const std::string text = check_text(spec);
    EXPECT_NE(text.find("pruned to 10 % of the trainable weights after epochs 2 to 5"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("tested with weights and values of 8 bits, a scale per target"),
              std::string::npos)
        << text;
}

TEST(Report, CheckTellsHowWeightsLearn) {
    ModelSpec spec = small_model();
    const auto expect = [&](const char* line) {
        const std::string text = check_text(spec);
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    };
    expect("4 steps of 1 ms per sample\nlearns by surrogate_gradient\n\n");
    TruncatedBptt::Params truncated;
    truncated.steps = 2;
    truncated.feedback = Feedback::random;
    spec.train->method = truncated;
    expect("learns by truncated_bptt, 2 steps at a time, errors go back by random weights\n\n");
    spec.train->epochs = 6;
    spec.train->phases = {{1, {"in_to_out", "in_to_d"}, Objective::loss, {}},
                          {3, {"in_to_d"}, Objective::correlation, {}},
                          {2, {}, Objective::loss, {}}};
    spec.train->spines.emplace().shift = 1.5;
    expect(
        "\nphase 1: 1 epoch; in_to_out, in_to_d learn\n"
        "phase 2: 3 epochs, objective correlation; in_to_d learns\n"
        "phase 3: 2 epochs; all that is trainable learns\n"
        "spines: shift up to 1.5 by epoch 6 of 6, gains 0.5 to 1.5\n");
    spec.train->spines->until = 4;
    spec.train->spines->least = 0.01;
    expect("spines: shift up to 1.5 by epoch 4 of 6, gains 0.5 to 1.5, weights below 0.01 are 0\n");
    EXPECT_EQ(check_text(spec).find("multiplies"), std::string::npos);
    spec.populations[1].dendrites_of = "cells";
    ProjectionSpec second = spec.projections[0];
    second.given_name = "second";
    second.multiplies = "in_to_out";
    spec.projections.push_back(second);
    expect("  dendrites of cells\n");
    expect("trainable, multiplies in_to_out\n");
}

TEST(Report, CountsWhatARuleLeavesThere) {
    ModelSpec spec = small_model();
    spec.populations[1].size = 2;
    spec.projections[0].connect.rule = Rule::blocks;
    spec.projections[0].trainable = false;
    EXPECT_EQ(count_weights(spec).fixed, 4);
    EXPECT_EQ(count_weights(spec).trainable, 0);
}

TEST(Report, AnInterruptedRunSaysHowToGoOn) {
    RunRecord record;
    record.status = RunStatus::interrupted;
    const std::string text =
        summary_text(small_model(), record, "runs/small.h5", read_energy_model("45nm"));
    EXPECT_NE(text.find("snnsim --resume runs/small.h5"), std::string::npos) << text;
}

TEST(Compare, TableHoldsTheRunsSideBySide) {
    const std::vector<ComparedRun> runs{compared("cpu, 2 threads"), compared("gpu")};
    const std::string text = compare_markdown(runs, read_energy_model("45nm"));
    EXPECT_NE(text.find("| test accuracy [%] | 97.50 | 97.50 |"), std::string::npos) << text;
    EXPECT_NE(text.find("| ACs / image | 1000000 | 1000000 |"), std::string::npos) << text;
    EXPECT_NE(text.find("| energy / image [uJ] | 0.9000 | 0.9000 |"), std::string::npos) << text;
    EXPECT_NE(text.find("NeuroBench"), std::string::npos);
}

TEST(Compare, CsvQuotesCellsWithCommas) {
    const std::string csv = compare_csv({compared("cpu, 2 threads")}, read_energy_model("45nm"));
    EXPECT_NE(csv.find("\"cpu, 2 threads\""), std::string::npos) << csv;
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
}

TEST(Report, EnergiesKeepThreeDigits) {
    EXPECT_EQ(energy_number(0.9, 4), "0.9000");
    EXPECT_EQ(energy_number(1234.5678, 4), "1234.5678");
    EXPECT_EQ(energy_number(0.0012345, 4), "0.00123");
    EXPECT_EQ(energy_number(0.012345, 3), "0.0123");
    EXPECT_EQ(energy_number(1.2345e-9, 3), "1.23e-09");
    EXPECT_EQ(energy_number(0.0, 4), "0");
}

TEST(Report, ABarLeavesTheLastColumnFree) {
    EXPECT_EQ(bar_line("", 0.5, "half", 80), "[##########..........] half");
    EXPECT_EQ(bar_line("epoch 1/2", 1.0, "done", 24), "epoch 1/2 [######] done");  // 23 of 24
    EXPECT_EQ(bar_line("epoch 1/2", 0.0, "loss 0.1", 20), "epoch 1/2 loss 0.1");   // no room for it
    EXPECT_EQ(bar_line("epoch 1/2", 0.0, "loss 0.1", 8), "epoch 1");
    EXPECT_EQ(bar_line("", 0.0, "\u00e4\u00f6\u00fc\u00df", 3),
              "\u00e4\u00f6");  // characters, not bytes
}

TEST(Csv, QuotesWhatMustBe) {
    CsvTable table({"a", "b, c"});
    table.add({"1", "say \"x\""});
    table.add({"two\nlines", ""});
    EXPECT_EQ(table.text(), "a,\"b, c\"\r\n1,\"say \"\"x\"\"\"\r\n\"two\nlines\",\r\n");
    EXPECT_THROW(table.add({"alone"}), InternalError);
    EXPECT_EQ(csv_number(0.1), "0.1");
    EXPECT_EQ(csv_number(std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(Words, OneIsNoPlural) {
    EXPECT_EQ(counted(1, "spike"), "1 spike");
    EXPECT_EQ(counted(0, "spike"), "0 spikes");
    EXPECT_EQ(counted(1234, "bias", "biases"), "1,234 biases");
}

}  // namespace
}  // namespace snnsim
