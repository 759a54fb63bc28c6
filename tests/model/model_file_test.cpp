// Files that are no model file at all, values from the command line, and the reference page.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

TEST(ModelFile, WhatIsNoYaml) {
    expect_error("", "m.yaml:1:1: empty; `snnsim reference` shows what a model file holds");
    expect_error("# nothing but this\n", "m.yaml:1:1: empty");
    expect_error("name: [1\nb: 2", "m.yaml:2:2: not valid YAML: end of sequence flow not found");
    expect_error("name: a: b\n", "m.yaml:1:8: not valid YAML: illegal map value");
    expect_error("name: 1\n\tdt: 2", "m.yaml:2:1: not valid YAML");
    expect_error("name: 1\n\tdt: 2", "tabs cannot indent, use spaces");
    expect_error("dt: *nowhere\n",
                 "m.yaml:1:5: not valid YAML: the referenced anchor is not defined");
    expect_error("name: \xff\xfe", "m.yaml: not UTF-8 text");
    expect_error(std::string("name: \0", 7), "m.yaml: not UTF-8 text");
    expect_error("- 1\n",
                 "m.yaml:1:1: a model file is a mapping of keys (name, dt, data, populations, "
                 "...), not a list");
    expect_error(", name: x\n", "m.yaml:1:1: not valid YAML: nothing can begin like this");
    expect_error("hello\n", "a model file is a mapping of keys");
    expect_error(good + "---\nname: x\n", "m.yaml:14:1: a second document begins here");
    expect_error(edited("size: 32", "size: 32, size: 33"),
                 "m.yaml:6:22: 'size' is given twice, first in line 6; keep one");
    expect_error(good + "dt: 2 ms\n",
                 "m.yaml:14:1: 'dt' is given twice, first in line 2; keep one");
    expect_error(edited("dt:", "[a]: 1\ndt:"), "m.yaml:2:1: a key must be a plain word");
}

TEST(ModelFile, HostileYamlEndsSoon) {
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int k = 1; k < 12; ++k) {
        const std::string name = "a" + std::to_string(k), before = " *a" + std::to_string(k - 1);
        laughs += name + ": &" + name + " [";
        for (int n = 0; n < 10; ++n) laughs += before + ",";
        laughs += "]\n";
    }
    expect_error(laughs, "too many values");
    expect_error("a: " + std::string(100, '[') + std::string(100, ']'), "nested too deeply");
}

TEST(ModelFile, FilesThatAreNotThere) {
    const auto message = [](const std::string& path) -> std::string {
        try {
            read_model(path);
        } catch (const FileError& e) {
            return e.what();
        }
        return "no FileError";
    };
    EXPECT_EQ(message("no_such_model.yaml"),
              "cannot open the model file no_such_model.yaml: there is no such file");
    EXPECT_EQ(message("/"), "/ is a folder; name a model file (.yaml) in it");
}

TEST(ModelFile, IsReadFromItsPath) {
    const auto path = std::filesystem::temp_directory_path() / "snnsim_model_file_test.yaml";
    std::ofstream(path) << good;
    const ModelSpec m = read_model(path.string(), {"seed=7"});
    std::filesystem::remove(path);
    EXPECT_EQ(m.path, path.string());
    EXPECT_EQ(m.text, good);
    EXPECT_EQ(m.seed, 7u);
    EXPECT_EQ(m.overrides, std::vector<std::string>{"seed=7"});
}

TEST(Override, ReplacesAndAddsValues) {
    const ModelSpec m = parse_model(
        good, "m.yaml",
        {"train.epochs=2", "populations.hidden.size=64", "projections.1.bias=true",
         "train.surrogate.alpha=3", "train.clip_norm=1", "seed=5", "dt=0.5 ms",
         "projections.1.weight.gain=4", "test.batch=10", "train.schedule.final=0.1", "record=[]",
         "data.encode={scheme: latency, duration: 10 ms}", "train.epochs=4"});
    EXPECT_EQ(m.train->epochs, 4);  // the last one counts
    EXPECT_EQ(m.populations[1].size, 64);
    EXPECT_TRUE(m.projections[1].bias);
    EXPECT_EQ(std::get<Arctan::Params>(m.train->surrogate).alpha, 3.0);
    EXPECT_EQ(m.train->clip_norm, 1.0);
    EXPECT_EQ(m.seed, 5u);
    EXPECT_EQ(m.projections[1].weight.gain, 4.0);
    EXPECT_EQ(m.test->batch, 10);
    EXPECT_EQ(m.train->schedule.name, Schedule::cosine);
    EXPECT_EQ(m.train->schedule.final, 0.1);
    EXPECT_TRUE(m.record.empty());
    EXPECT_TRUE(std::holds_alternative<Latency::Params>(m.data.encode.scheme));
    EXPECT_EQ(m.steps(), 20);
    EXPECT_EQ(m.overrides.size(), 13u);
    EXPECT_EQ(m.text, good);
}

TEST(Override, ACorrectOneMendsAWrongFile) {
    EXPECT_EQ(error_of(edited("epochs: 3", "epochs: x"), {"train.epochs=1"}), "no error");
}

void expect_override_error(const std::string& text, const std::string& part) {
    const std::string message = error_of(good, {text});
    EXPECT_EQ(message.find("--set " + text + ": " + part), 0u) << "wanted: " << part << "\nsays:\n"
                                                               << message;
}
TEST(Override, WrongValuesAreBlamedOnIt) {
    expect_override_error("train.epochs=abc", "epochs must be a whole number; found 'abc'");
    expect_override_error("populations.hidden.tau_m=0 ms",
                          "tau_m must be greater than 0 ms; found '0 ms'");
    expect_override_error("populations.hidden.tau_m=5", "tau_m needs a unit: write '5 ms'");
    expect_override_error("train.optimizer={name: adam, lr: -1}",
                          "lr must be greater than 0; found '-1'");
    expect_override_error("projections.0.to=hiden",
                          "there is no population 'hiden'; did you mean 'hidden'?");
    expect_override_error("populations.input.size=100", "the input 'input' has 100 neurons");
    expect_override_error("dt.step=1", "dt must be a single value, not a mapping");
    expect_override_error("name=", "name has no value");
    // Keys of the scheme that is no longer chosen stand in the file.
    EXPECT_NE(error_of(good, {"data.encode.scheme=latency"})
                  .find("--set data.encode.scheme=latency chose what has other keys: set all of "
                        "encode instead"),
              std::string::npos);
}

void expect_usage_error(const std::string& text, const std::string& part) {
    try {
        parse_model(good, "m.yaml", {text});
        ADD_FAILURE() << "no error: " << text;
    } catch (const UsageError& e) {
        EXPECT_NE(std::string(e.what()).find("--set " + text + part), std::string::npos)
            << "wanted: " << part << "\nsays:\n"
            << e.what();
    }
}
TEST(Override, WhatNamesNothingIsAUsageError) {
    expect_usage_error(
        "train.epoch=2",
        ": unknown key 'epoch' in train; did you mean 'epochs'? (known: method, surrogate,");
    expect_usage_error("tran.epochs=2",
                       ": unknown key 'tran' in the model file; did you mean 'train'?");
    expect_usage_error("train.optimizer={name: adam, rate: 1}",
                       ": unknown key 'rate' in optimizer");
    expect_usage_error("populations.hiden.size=2",
                       ": there is no population 'hiden'; did you mean 'hidden'? (there are: "
                       "input, hidden, output)");
    expect_usage_error("projections.7.bias=true",
                       ": projections is a list of 2; name an item by its number, 0 to 1");
    expect_usage_error("projections.first.bias=true", ": projections is a list of 2");
    expect_usage_error("epochs", ": write it as key=value, for example train.epochs=2");
    expect_usage_error("=3", ": write it as key=value");
    expect_usage_error("train.epochs=[1", ":1:");
    expect_usage_error("seed={a: 1, a: 2}", ":1:15: 'a' is given twice");
}

TEST(Reference, IsUpToDate) {
    std::ifstream file(std::string(SNNSIM_SOURCE_DIR) + "/models/REFERENCE.md");
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), model_reference())
        << "make it again: snnsim reference > models/REFERENCE.md";
}

TEST(Reference, NamesEveryAlternative) {
    const std::string text = model_reference();
    const auto expect_names = [&](const auto& names) {
        for (const char* name : names) {
            EXPECT_NE(text.find(std::string("\n### ") + name + "\n"), std::string::npos) << name;
        }
    };
    expect_names(NeuronModels::names);
    expect_names(Encoders::names);
    expect_names(Surrogates::names);
    expect_names(Optimizers::names);
    expect_names(CellModels::names);
    expect_names(Stimuli::names);
    EXPECT_NE(text.find("| `i_ex` | pA | excitatory current |"), std::string::npos);
    EXPECT_NE(text.find("| `fixed_probability` | `p` | `autapses` |"), std::string::npos);
    EXPECT_NE(text.find("| `lognormal` | `std` | required |"), std::string::npos);
    for (const char* loss : Names<Loss>::values)
        EXPECT_NE(text.find(loss), std::string::npos) << loss;
    EXPECT_NE(
        text.find(
            "| `tau_m` | quantity in ms, greater than 0 | `20 ms` | membrane time constant |"),
        std::string::npos);
}

}  // namespace
}  // namespace snnsim
