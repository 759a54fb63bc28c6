// A study's results as tables and as a file for figures.
#pragma once

#include <string>

#include "src/study/study.hpp"

namespace snnsim {

/// Mean, smallest and largest test accuracy of each configuration with its counts and energy; then
/// for each target the cheapest configuration of each model whose mean over at least three seeds
/// reaches it, by synaptic arithmetic and with everything counted.
/// Of simulations: the statistics of each configuration and population over the seeds.
std::string study_markdown(const StudyResult& study);
/// A line for each cell.
std::string study_csv(const StudyResult& study);
/// `study.h5`: a group for each cell, and the line on which spikes and a dense layer cost the same;
/// the README describes the layout.
void write_study(const std::string& path, const StudyResult& study);
}  // namespace snnsim
