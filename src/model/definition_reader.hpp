// Reads what defines a cell or a rule in the model file: a mapping of texts, whose problems are
// told at the character.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/equations/definition.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {

class FieldReader::DefinitionReader {
  public:
    /// Both live longer.
    DefinitionReader(FieldReader& reader, const Entry& entry) : reader_(reader), entry_(entry) {}

    /// False, and a problem, where one of `List` that comes with snnsim has the name; `what`:
    /// "rule".
    template <class List>
    bool is_new(const char* what) {
        for (const char* const name : List::names) {
            if (entry_.key != name) continue;
            reader_.problems_.add(
                entry_.at, fmt::format("'{}' is a {} that comes with snnsim; choose another name",
                                       excerpt(entry_.key), what));
            return false;
        }
        return true;
    }

    void scalar(const char* key, std::optional<SourceText>& to);
    /// A mapping of names to texts.
    void named(const char* key, std::vector<NamedText>& to);
    /// A list of texts, or one text with a line for each.
    void lines(const char* key, std::vector<SourceText>& to);
    void check_keys(const std::vector<std::string>& known);
    /// None is called as a key of those that give it.
    void check_parameters(const std::vector<NamedText>& parameters, const char* owners,
                          const std::vector<std::string>& keys);

    /// Tells of problems; valid as long as this.
    ReportProblem report();
    /// Of a character of a text.
    Location place(const SourceText& source, std::size_t at) const;

  private:
    struct Place {
        const Value* value;
        std::size_t from;
    };
    SourceText add(const Value& value, std::size_t from = 0, std::size_t size = std::string::npos);
    void split(const Value& text, std::vector<SourceText>& to);
    /// Nothing of a text that was not added: it belongs to the whole definition.
    const Value* value(const SourceText& s) const {
        return s.id ? places_[s.id - 1].value : nullptr;
    }

    FieldReader& reader_;
    const Entry& entry_;
    std::vector<Place> places_;
};

}  // namespace snnsim
