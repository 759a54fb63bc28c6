// kWh and CO2e against the table of Strubell et al. 2019, and sums over the parts of a run.
#include "src/energy/accounting.hpp"

#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "src/report/measured_text.hpp"

namespace snnsim {
namespace {

TEST(Accounting, RowsOfStrubell) {
    struct Row {
        double watts, hours, kwh, pounds;
    };
    const EnergyAccounting a;
    for (const Row& row : {Row{1415.78, 12, 26.84, 25.6}, Row{1515.43, 84, 201.1, 191.9},
                           Row{517.66, 336, 274.8, 262.2}, Row{1515.43, 274120, 656347, 626155}}) {
        const double kwh = kilowatt_hours(row.watts * row.hours * 3600.0, a);
        const double pounds = co2e_kg(kwh, a) / EnergyAccounting::kg_per_pound;
        EXPECT_NEAR(kwh / row.kwh, 1.0, 5e-4) << row.watts;
        EXPECT_NEAR(pounds / row.pounds, 1.0, 2e-3) << row.watts;
    }
    EXPECT_NEAR(a.co2e, 0.43273, 5e-6);
    EXPECT_DOUBLE_EQ(kilowatt_hours(3.6e6, {1.0, 0.5}), 1.0);
    EXPECT_DOUBLE_EQ(co2e_kg(3.0, {1.0, 0.5}), 1.5);
}

TEST(Accounting, CO2eNeedsItsUnit) {
    EXPECT_NEAR(read_co2e("0.954 lb/kWh"), EnergyAccounting{}.co2e, 1e-12);
    EXPECT_DOUBLE_EQ(read_co2e("475 g/kWh"), 0.475);
    EXPECT_DOUBLE_EQ(read_co2e("0.4kg/kWh"), 0.4);
    for (const char* wrong : {"475", "475 g", "g/kWh", "", "-1 g/kWh", "nan g/kWh", "1 g/kWh x"})
        EXPECT_THROW(read_co2e(wrong), UsageError) << wrong;
}

DomainEnergy measured(double joules) {
    return {"RAPL counter", {joules, ""}, {0.0, "not asked"}, ""};
}
DomainEnergy missing(const std::string& reason) {
    return {"", {0.0, reason}, {0.0, "not asked"}, ""};
}

TEST(Accounting, SumsKindsAndNamesWhatTheyLack) {
    MeasuredEnergy m;
    m.phases["train"] = {
        9.0, {{"package-0", measured(30)}, {"package-1", measured(12)}, {"dram", missing("none")}}};
    m.phases["test"] = {1.0,
                        {{"package-0", measured(4)},
                         {"package-1", missing("it vanished")},
                         {"dram", missing("none")}}};
    const std::vector<KindEnergy> kinds = energy_by_kind(m);
    ASSERT_EQ(kinds.size(), 2u);  // no GPU
    EXPECT_DOUBLE_EQ(kinds[0].used.value, 46.0);
    EXPECT_EQ(kinds[0].without, "test of package-1 (it vanished)");
    EXPECT_EQ(kinds[0].idle.unavailable, "not asked");
    EXPECT_EQ(kinds[1].used.unavailable, "none");
    EXPECT_DOUBLE_EQ(sum_of_used(kinds).value, 46.0);
    EXPECT_DOUBLE_EQ(sum_of_used(energy_by_kind(m, "train")).value, 42.0);
    EXPECT_EQ(sum_of_used({kinds[1]}).unavailable, "none");
    EXPECT_FALSE(sum_of_used(energy_by_kind({})).unavailable.empty());

    EXPECT_EQ(cell_text(used_cell(m, "train")), "42 (package 42, dram unavailable)");
    EXPECT_EQ(cell_text(above_idle_cell(m, "train")), "unavailable");
    // After a run only what was measured; the table of a comparison and the file say why not more.
    EXPECT_EQ(
        measured_text(m).find("measured energy: package 46 J in part of the run; 2.019e-05 kWh"),
        0u)
        << measured_text(m);
    EXPECT_EQ(measured_text({}), "");
    EXPECT_EQ(cell_text(kilowatt_hours_cell({})), "unavailable");
    EXPECT_FALSE(co2e_cell({}).value);
    EXPECT_DOUBLE_EQ(used_cell(m, "train", 1e3).value.value(), 42e3);
    EXPECT_DOUBLE_EQ(kilowatt_hours_cell(m).value.value(), m.accounting.pue * 46.0 / 3.6e6);
}

TEST(Accounting, PartsOfARunAddUpAndAPartThatIsNotKnownSpoilsTheSum) {
    MeasuredEnergy before, then;
    before.phases["train"] = {2.0, {{"package-0", measured(5)}, {"gpu", missing("no counter")}}};
    then.phases["train"] = {3.0, {{"package-0", measured(7)}, {"gpu", measured(9)}}};
    then.phases["test"] = {1.0, {{"package-0", measured(1)}}};
    const MeasuredEnergy all = combined(before, then);
    const PhaseEnergy& train = all.phases.at("train");
    EXPECT_DOUBLE_EQ(train.seconds, 5.0);
    EXPECT_DOUBLE_EQ(train.domains.at("package-0").used.value, 12.0);
    EXPECT_EQ(train.domains.at("gpu").used.unavailable, "in part of the run: no counter");
    EXPECT_DOUBLE_EQ(all.phases.at("test").domains.at("package-0").used.value, 1.0);

    MeasuredEnergy elsewhere;
    elsewhere.phases["train"] = {1.0, {{"package-0", measured(1)}}};
    EXPECT_EQ(combined(all, elsewhere).phases.at("train").domains.at("gpu").used.unavailable,
              "in part of the run: no counter");
    EXPECT_EQ(combined(elsewhere, then).phases.at("train").domains.at("gpu").used.unavailable,
              "in part of the run: not measured");
}

}  // namespace
}  // namespace snnsim
