// Samples in the memory of a caller, as a data file.
#include "snnsim/error.hpp"
#include "src/io/data_file.hpp"

namespace snnsim {
namespace {

class ArrayData final : public DataFile {
  public:
    ArrayData(std::shared_ptr<const SampleArrays> arrays, const std::string& path)
        : DataFile(path), arrays_(std::move(arrays)) {}

    std::string name_of(const std::string& set, const std::string& key) const override {
        return set.empty() || set == "train" ? key : key + "_" + set;
    }
    bool has(const std::string& name) const override {
        return arrays_->rows.contains(name) || (name == "class_names" && !class_names().empty());
    }
    std::vector<std::string> keys(const std::string& set) const override {
        std::vector<std::string> out;
        for (const auto& [name, rows] : arrays_->rows) {
            const bool train = set.empty() || set == "train";
            if (!train && name.ends_with("_" + set))
                out.push_back(name.substr(0, name.size() - set.size() - 1));
            if (train && !name.ends_with("_test") && !name.ends_with("_valid")) out.push_back(name);
        }
        return out;
    }
    std::string in_group(const std::string& group, const std::string& key) const override {
        return group + "_" + key;
    }
    std::shared_ptr<const Rows> rows(const std::string& name) const override {
        return arrays_->rows.at(name);
    }
    std::vector<std::string> texts(const std::string&) const override { return class_names(); }
    std::string attribute(const std::string&, const std::string&) const override { return ""; }
    std::shared_ptr<const EventRows> ragged_events(const std::string&, const std::string&,
                                                   double) const override {
        return nullptr;
    }

  private:
    const std::vector<std::string>& class_names() const { return arrays_->class_names; }

    const std::shared_ptr<const SampleArrays> arrays_;
};

}  // namespace

std::unique_ptr<DataFile> open_array_data(std::shared_ptr<const SampleArrays> arrays,
                                          const std::string& path) {
    return std::make_unique<ArrayData>(std::move(arrays), path);
}

}  // namespace snnsim
