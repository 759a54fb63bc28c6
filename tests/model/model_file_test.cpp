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
    expect_error("name: [1\nb: 2", "m.yaml:1:7: not valid YAML: this '[' is never closed by ']'");
    expect_error("name: {a: 1\nb: 2\n", "m.yaml:1:7: not valid YAML: this '{' is never closed");
    expect_error("name: [a b: c: d]\n",
                 "not valid YAML: a list in [...] needs ',' between its items");
    expect_error("name: a: b\n", "m.yaml:1:8: not valid YAML: a ':' cannot stand here");
    expect_error("name: a\n  b: c\n", "not valid YAML: a ':' cannot stand here");
    expect_error("name: ]\n",
                 "m.yaml:1:7: not valid YAML: there is no '[' or '{' that this closes");
    expect_error("name: @x\n", "m.yaml:1:7: not valid YAML: no value can begin with this");
    expect_error("name: \"a\\qb\"\n", "not valid YAML: no such escape in double quotes");
    expect_error("a: 1\n- 2\n", "not valid YAML: this is no 'key: value'");
    expect_error("name: 1\n\tdt: 2", "m.yaml:2:1: not valid YAML");
    expect_error("name: 1\n\tdt: 2", "tabs cannot indent, use spaces");
    expect_error("dt: *nowhere\n",
                 "m.yaml:1:5: not valid YAML: no anchor of this name stands above");
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

TEST(ModelFile, AMissingSpaceIsToldAsOne) {
    expect_error("name:m\ndt: 1 ms\n",
                 "m.yaml:1:1: a space is missing after 'name:'; write 'name: m'");
    EXPECT_EQ(error_of("name:m\ndt: 1 ms\n").find("not valid YAML"), std::string::npos);
    // Of a mapping in braces it goes on as what was meant, so that nothing else is missed.
    const std::string key = edited("size: 32", "size:32");
    expect_error(key, "m.yaml:6:12: a space is missing after 'size:'; write 'size: 32'");
    EXPECT_EQ(error_of(key).find("missing the key"), std::string::npos) << error_of(key);
    expect_error(good + "seed:3\n",
                 "m.yaml:14:1: a space is missing after 'seed:'; write 'seed: 3'");
    expect_error(edited("data: {set: mnist", "data:{set: mnist"),
                 "m.yaml:3:1: a space is missing after 'data:'; write 'data: {...}'");
    expect_error("projections:\n  - from:a\n    to: b\n",
                 "m.yaml:2:5: a space is missing after 'from:'; write 'from: a'");
    // A text may have a ':' in it.
    expect_error("name: a:b\n  c: d\n", "m.yaml:2:4: not valid YAML: a ':' cannot stand here");
}

TEST(ModelFile, AnUnclosedQuoteIsToldWhereItOpens) {
    expect_error("name: \"x\ndt: 1 ms\n",
                 "m.yaml:1:7: not valid YAML: this quote (\") is never closed");
    expect_error("dt: 1 ms\nname: 'it''s\n",
                 "m.yaml:2:7: not valid YAML: this quote (') is never closed");
    expect_error("name: \"x\ndt: 1 ms\nb: \"y\"\n",
                 "m.yaml:1:7: not valid YAML: this quote (\") is closed only in line 3; is one "
                 "missing in line 1?");
    expect_error("a: [x, \"y]\nb: \"z\"\n",
                 "m.yaml:1:8: not valid YAML: this quote (\") is closed");
    expect_error("a: {k: 'y}\n# it's\nb: 1\n",
                 "m.yaml:1:8: not valid YAML: this quote (') is closed");
    // Quotes that open nothing: in comments, words and block texts.
    expect_error("# don't \"\na: don't\nb: |\n  \"text\n  'x\nc: \"z\n",
                 "m.yaml:6:4: not valid YAML: this quote (\") is never closed");
    expect_error("a: \"x\ny\"\nb: c: d\n", "m.yaml:3:5: not valid YAML: a ':' cannot stand here");
}

TEST(ModelFile, NoMessageIsLongerThanAScreen) {
    const std::string long_word(1000000, 'x'), front = "name: n\nlist: [";
    const auto told = [](const std::string& text, const std::vector<std::string>& set = {}) {
        const std::string message = error_of(text, set);
        EXPECT_LT(message.size(), 60000u) << message.substr(0, 1000);
        std::istringstream lines(message);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t known = line.find("(known:");  // a list of ours
            EXPECT_LT(std::min(known, line.size()), 500u) << line.substr(0, 1000);
        }
        return message;
    };
    std::string items;
    for (int k = 0; k < 50000; ++k) items += "1, ";
    told(front + items + "\nb: c");
    EXPECT_NE(told(replaced(good, "name: test", "name: [" + items + "]")).find("name must be"),
              std::string::npos);
    EXPECT_NE(told("name: " + long_word + "\n").find("a value of 1000000 characters; at most 4096"),
              std::string::npos);
    EXPECT_NE(told(std::string(1000, 'x') + ": 1\n").find("a key of 1000 characters"),
              std::string::npos);
    const std::string word = long_word.substr(0, 4000);
    told(edited("lif", word));
    told(edited("10 ms", word));
    told(edited("10 ms", "10 " + word));
    told(edited("size: 32", "size: " + word));
    told(edited("reset: zero", "reset: " + word));
    told(edited("to: hidden", "to: " + word));
    told(edited("bias: true", "bias: " + word));
    told(edited("name: test", "name: " + word));
    told(edited("arctan", "$" + word));
    told(good, {"train.epochs=" + word});
    told(good, {word + "=1"});
    told(good, {word});
    told(good, {"populations." + word + ".size=1"});
    told(good, {"projections." + word + "=1"});
    told(good, {"name=\"" + word});
    // Very many problems: the first hundred, and how many there are.
    std::string many;
    for (int k = 0; k < 3000; ++k) many += "key" + std::to_string(k) + ": 1\n";
    EXPECT_NE(told(good + many).find("m.yaml: and 2950 more problems"), std::string::npos);
}

TEST(ModelFile, EverythingIsToldAtOnce) {
    const auto told = [](const std::string& text, const std::vector<std::string>& set,
                         const std::vector<std::string>& parts) {
        const std::string message = error_of(text, set);
        for (const std::string& part : parts)
            EXPECT_NE(message.find(part), std::string::npos) << part << "\nis not in\n" << message;
        return message;
    };
    const std::string wrong = edited("size: 32", "sise: 32, size: x");
    told("parameters: {unused: 3}\n" + wrong, {},
         {"nothing uses the parameter 'unused'", "unknown key 'sise'",
          "size must be a whole number; found 'x'"});
    // A parameter that is not there, and no second word about its place.
    const std::string message =
        told(replaced(wrong, "10 ms", "$tau"), {},
             {"there is no parameter 'tau'", "unknown key 'sise'", "size must be"});
    EXPECT_EQ(message.find("is no number"), std::string::npos) << message;
    told(wrong + "dt: 2 ms\n", {}, {"'dt' is given twice", "unknown key 'sise'"});
    told(wrong, {"train.epochs", "populations.hiden.size=3", "seed=-1"},
         {"--set train.epochs: write it as key=value", "there is no population 'hiden'",
          "--set seed=-1: seed must be a non-negative", "unknown key 'sise'"});
}

TEST(ModelFile, NumbersAreDecimal) {
    for (const char* seed : {"-1", "0x10", "1e20", "1e3", "010", "1_0", "+1", "1.0", ".inf", "0o7"})
        EXPECT_NE(error_of(good, {"seed=" + std::string(seed)}).find("seed must be"),
                  std::string::npos)
            << seed;
    expect_error(edited("dt: 1 ms", "dt: 0x1 ms"), "'0x1 ms' is hexadecimal");
    expect_error(edited("dt: 1 ms", "dt: .inf ms"), "dt must be finite; found '.inf ms'");
    expect_error(edited("dt: 1 ms", "dt: 01 ms"), "'01 ms' has a leading 0");
    expect_error(edited("dt: 1 ms", "dt: 1e-400 ms"), "'1e-400 ms' is too near 0");
    expect_error(edited("gain: 2", "gain: 1_0"), "'1_0': write a number's digits without '_'");
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
    for (const int depth : {100, 100000})  // beyond our bound, and beyond that of the library
        expect_error("a: " + std::string(depth, '[') + std::string(depth, ']'),
                     "nested too deeply");
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
            if (name == std::string(EquationCell::name)) continue;  // stands for those of `models`
            EXPECT_NE(text.find(std::string("\n### ") + name + "\n"), std::string::npos) << name;
        }
    };
    expect_names(NeuronModels::names);
    expect_names(Encoders::names);
    expect_names(Surrogates::names);
    expect_names(Optimizers::names);
    expect_names(CellModels::names);
    expect_names(Stimuli::names);
    EXPECT_NE(text.find("| `i_ex` | pA | 0 | excitatory current |"), std::string::npos);
    EXPECT_NE(text.find("| `fixed_probability` | `p` | `autapses`, `mask`, `kernel` |"),
              std::string::npos);
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
