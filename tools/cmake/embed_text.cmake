# embed_text(LIST NAME FILE): adds {"NAME", "text of the file"} to the C++ initialisers in the variable LIST.
function(embed_text list name file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${file} text)
    set(${list} "${${list}}    {\"${name}\", R\"embedded(${text})embedded\"},\n" PARENT_SCOPE)
endfunction()
